import type { DataSource } from 'typeorm';
import { vi } from 'vitest';

/** How Postgres would do the statements on `table` that `work` makes: the text of EXPLAIN for each. */
export async function plansOf(
  source: DataSource,
  table: string,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const runners = Object.getPrototypeOf(source.createQueryRunner()) as {
    query(sql: string, values?: unknown[]): Promise<unknown>;
  };
  const spied = vi.spyOn(runners, 'query');
  await work();
  const statements = spied.mock.calls.filter(([sql]) =>
    new RegExp(`(FROM|JOIN|UPDATE) ${table}\\b`).test(sql),
  );
  spied.mockRestore();
  const plans: string[] = [];
  for (const [sql, values] of statements) {
    const rows: Record<string, string>[] = await source.query(`EXPLAIN ${sql}`, values ?? []);
    plans.push(rows.map(row => row['QUERY PLAN']).join('\n'));
  }
  return plans;
}
