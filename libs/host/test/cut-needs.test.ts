import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCutNeeds } from '#host';
import { WHOLE } from '#projection';
import { commitProgress, openSchema, type Progress, TARGETS_MIGRATIONS } from '#store';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it('what a cut would have to do is that of all shards, and unknown while bins are missing', async () => {
  const source = await openSchema({ url: postgres.url, schema: 'tuf_targets' }, TARGETS_MIGRATIONS);
  const place = { rootHash: '', offset: 0, lastOffset: 0, lastHash: '', reader: '' };
  const shard = (first: number, last: number, position: number, needs: object): Progress => {
    return { ...place, shard: { first, last }, position, state: JSON.stringify({ offline: [], needs }) };
  };
  expect(await readCutNeeds(source)).toBeUndefined();
  await commitProgress(source, undefined, shard(0, 7, 20, { changed: 3, due: 500 }));
  expect(await readCutNeeds(source)).toBeUndefined();
  await commitProgress(source, undefined, shard(8, WHOLE.last, 30, { changed: 25, due: 600 }));
  expect(await readCutNeeds(source)).toEqual({ changed: 25, due: 500 });
  await source.destroy();
});
