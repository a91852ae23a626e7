import type { QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { commitProgress, type Progress, progressChannel, readProgress } from '#store';
import { progressAt, testSchemas } from './test-schema.js';

const open = testSchemas();

const nothing = async (): Promise<void> => undefined;
const rowOf = (position: number) => async (runner: QueryRunner) => {
  await runner.query('INSERT INTO outcome VALUES ($1, 0, -1, $2)', [position, 'unchanged']);
};
const CONFLICT = { code: 'projection-conflict', retryable: true };

describe('commitProgress', () => {
  it('gives back what was committed, and nothing before the first commit', async () => {
    const source = await open();
    expect(await readProgress(source)).toBeUndefined();
    await commitProgress(source, undefined, progressAt(3), nothing);
    expect(await readProgress(source)).toEqual(progressAt(3));
    const far: Progress = {
      ...progressAt(5),
      position: 2 ** 53 - 1,
      offset: 2 ** 53 - 1,
      state: '"\\u0000"',
    };
    await commitProgress(source, progressAt(3), far, nothing);
    expect(await readProgress(source)).toEqual(far);
  });

  it.each<[string, Progress | undefined]>([
    ['knows of no progress', undefined],
    ['stands at another position', progressAt(2)],
    ['stands there with another prefix', progressAt(3, 'b')],
  ])('refuses a writer who %s, and keeps nothing of what it wrote', async (_, before) => {
    const source = await open();
    await commitProgress(source, undefined, progressAt(3), rowOf(2));
    await expect(commitProgress(source, before, progressAt(9), rowOf(8))).rejects.toMatchObject(CONFLICT);
    expect(await readProgress(source)).toEqual(progressAt(3));
    expect(await source.query('SELECT position FROM outcome')).toEqual([{ position: '2' }]);
  });

  it.each<[string, Progress | undefined]>([
    ['first', undefined],
    ['later', progressAt(3)],
  ])('lets one of many win at the %s commit', async (_, before) => {
    const source = await open();
    if (before) await commitProgress(source, undefined, before, nothing);
    const tries = Array.from({ length: 8 }, (_, i) =>
      commitProgress(source, before, progressAt(10 + i), rowOf(10 + i)),
    );
    const results = await Promise.allSettled(tries);
    const won = results.flatMap((result, i) => (result.status === 'fulfilled' ? [10 + i] : []));
    expect(won).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(CONFLICT);
    expect((await readProgress(source))?.position).toBe(won[0]);
    expect(await source.query('SELECT position FROM outcome')).toEqual([{ position: String(won[0]) }]);
  });

  it('commits progress alone, by the same rule', async () => {
    const source = await open('alone');
    const runner = source.createQueryRunner();
    const client = await runner.connect();
    const told: string[] = [];
    client.on('notification', ({ payload }: { payload: string }) => told.push(payload));
    await runner.query(`LISTEN ${progressChannel('alone')}`);
    await commitProgress(source, undefined, progressAt(1));
    await expect(commitProgress(source, undefined, progressAt(2))).rejects.toMatchObject(CONFLICT);
    await commitProgress(source, progressAt(1), progressAt(3));
    await expect(commitProgress(source, progressAt(1), progressAt(4))).rejects.toMatchObject(CONFLICT);
    await expect(commitProgress(source, progressAt(3, 'b'), progressAt(4))).rejects.toMatchObject(CONFLICT);
    expect(await readProgress(source)).toEqual(progressAt(3));
    await expect.poll(() => told).toEqual(['alone:1', 'alone:3']);
    await runner.release();
  });

  it('keeps nothing when writing fails, and names the failure', async () => {
    const source = await open();
    await commitProgress(source, undefined, progressAt(1), nothing);
    const failing = async (runner: QueryRunner) => {
      await rowOf(1)(runner);
      await runner.query('INSERT INTO nowhere VALUES (1)');
    };
    await expect(commitProgress(source, progressAt(1), progressAt(2), failing)).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('nowhere'),
    });
    expect(await readProgress(source)).toEqual(progressAt(1));
    expect(await source.query('SELECT * FROM outcome')).toEqual([]);
  });

  it('tells the new position to whoever listens, once it is committed', async () => {
    const source = await open('told');
    const runner = source.createQueryRunner();
    const client = await runner.connect();
    const told: string[] = [];
    client.on('notification', ({ payload }: { payload: string }) => told.push(payload));
    await runner.query(`LISTEN ${progressChannel('told')}`);
    await commitProgress(source, undefined, progressAt(4), nothing);
    await expect(commitProgress(source, undefined, progressAt(5), nothing)).rejects.toMatchObject(CONFLICT);
    await expect.poll(() => told).toEqual(['told:4']);
    await runner.release();
  });

  it('survives the loss of its connection', async () => {
    const source = await open();
    const cut = async (runner: QueryRunner) => {
      await runner.query('SELECT pg_terminate_backend(pg_backend_pid())');
    };
    await expect(commitProgress(source, undefined, progressAt(1), cut)).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    for (let position = 1; position <= 8; position++) {
      const before = position === 1 ? undefined : progressAt(position - 1);
      await commitProgress(source, before, progressAt(position), nothing);
    }
    expect(await readProgress(source)).toEqual(progressAt(8));
  });
});
