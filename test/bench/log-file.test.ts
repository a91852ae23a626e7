import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { madeFiles, realProjects } from './driving/made-files.js';
import { LogFile, valuesOf } from './replay/log-file.js';
import { makeLog } from './replay/made-log.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(path: string): Promise<Uint8Array[]> {
  const values: Uint8Array[] = [];
  for await (const batch of valuesOf(path)) values.push(...batch);
  return values;
}

describe('a log file', () => {
  it('gives back the values that were written, whatever their lengths', async () => {
    const values = [0, 1, 65_535, 3, 2_000_000].map((length, i) => new Uint8Array(length).fill(i));
    const source = async function* () {
      yield* values;
    };
    const file = await LogFile.write(join(folder, 'values'), source());
    expect({ values: file.values, bytes: file.bytes }).toEqual({ values: 5, bytes: 2_065_539 });
    expect((await read(file.path)).map(value => nativeCrypto.sha256(value))).toEqual(
      values.map(value => nativeCrypto.sha256(value)),
    );
  });
});

describe('a made log', () => {
  it('is one of records that the folds admit and apply', async () => {
    const made = await makeLog(folder, 4, madeFiles(realProjects(), 1), { events: 25, perRecord: 10 });
    const replay = new Replay(made.ledger, nativeCrypto);
    const effects = (await read(made.file.path)).map(value => replay.next(value));
    expect(effects.map(effect => effect?.step.events.length)).toEqual([7, 1, 10, 10, 10]);
    const paths = [...replay.state.targets.contents.values()].reduce((sum, bin) => sum + bin.size, 0);
    expect(paths).toBe(30);
  });
});
