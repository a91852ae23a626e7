import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WHOLE } from '#projection';
import { commitProgress, type Progress, readProgress } from '#store';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.js';
import type { Access } from './access.js';
import { Database } from './database.js';
import { Machine } from './machine.js';
import { simulatedSource } from './simulated-source.js';

let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await Database.connect(postgres.url);
});
afterAll(async () => {
  await database?.close();
  await postgres?.stop();
});

/** A way to the store on which nothing waits and nothing goes wrong. */
const access = {
  machine: new Machine('ledger'),
  do: async (_label: string, work: (fault: undefined) => unknown) => work(undefined),
} as unknown as Access;

function progressAt(position: number): Progress {
  const read = { offset: position, lastOffset: position - 1, lastHash: '00' };
  return { shard: WHOLE, position, rootHash: `${position}`, ...read, reader: '{}', state: '{}' };
}

describe('the Postgres of histories', () => {
  it('tells where a projection stands after a loss, whoever else had tried to move it', async () => {
    const source = simulatedSource(database, 'timestamp', { access, isUp: () => true });
    await commitProgress(source, undefined, progressAt(2));
    const tooLate = commitProgress(source, undefined, progressAt(1));
    await expect(tooLate).rejects.toMatchObject({ code: 'projection-conflict' });
    await commitProgress(source, progressAt(2), progressAt(3));
    await database.takeBack(1);
    expect((await readProgress(source))?.position).toBe(2);
    expect(database.position('timestamp')).toBe(2);
  });
});
