import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendOpening,
  DEFAULT_POLICY,
  LedgerFolder,
  loadServiceKeys,
  openLedgerFolder,
  RecordWriter,
} from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { codesOf } from '../../../test/fixtures/outcomes.js';

const NOW = 1_767_225_600_000;
const CHOICE = {
  origin: 'test.example/index',
  bins: { scheme: 'succinct', count: 4 },
  pathRule: 'project-file',
  policy: DEFAULT_POLICY,
} as const;

let folder: LedgerFolder;
beforeEach(async () => {
  folder = new LedgerFolder(await mkdtemp(join(tmpdir(), 'tuf-ledger-')));
});
afterEach(() => rm(folder.path, { recursive: true, force: true }));

const open = (now = NOW) => openLedgerFolder(folder, CHOICE, nativeCrypto, now);

describe('opening a ledger in a folder', () => {
  it('gives a log by which the ledger is open, and keys that may speak in it', async () => {
    const { ledger } = await open();
    const topic = new MemoryTopic();
    const log = new MemoryLog(topic);
    await appendOpening(folder, log);
    await appendOpening(folder, log);
    expect(topic.end).toBe(2);
    const replay = new Replay(ledger, nativeCrypto);
    const fold = () => topic.page(replay.state.reader.size, 9, 1e9).map(({ value }) => replay.next(value)!);
    fold();
    const complete = [...replay.state.reader.trust.values()].map(({ life }) => life.complete?.version);
    expect(complete).toEqual([1, 1, 1]);
    const keys = await loadServiceKeys(folder);
    const target = { ledger, log, reader: replay.state.reader };
    for (const [key, state] of [
      [keys.scheduler, 1],
      [keys.signer, 2],
    ] as const)
      await new RecordWriter({ key, stream: 'main' }, target).append([
        [{ type: 'cut', state, at: NOW + state }],
      ]);
    expect(fold().flatMap(codesOf)).toEqual(['applied', 'applied']);
  });

  it('keeps private what is private', async () => {
    await open();
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    for (const name of await readdir(join(folder.path, 'keys')))
      expect(await mode(join(folder.path, 'keys', name)), name).toBe('600');
    expect(await mode(join(folder.path, 'keys'))).toBe('700');
    expect(await mode(folder.tokenFile)).toBe('600');
    expect(await mode(folder.tokensFile)).toBe('600');
    const token = (await readFile(folder.tokenFile, 'utf8')).trim();
    expect(await readFile(folder.tokensFile, 'utf8')).not.toContain(token);
  });

  it('happens once', async () => {
    const first = await open();
    const opening = await readFile(folder.openingFile);
    expect(await open(NOW + 1e6)).toEqual(first);
    expect(await readFile(folder.openingFile)).toEqual(opening);
  });

  it('goes on with the same keys where it was killed', async () => {
    const first = await open();
    const key = await readFile(folder.keyFile('root'), 'utf8');
    await rm(folder.ledgerFile);
    await rm(folder.keyFile('snapshot'));
    const again = await open();
    expect(await readFile(folder.keyFile('root'), 'utf8')).toBe(key);
    expect(again.opened.roles.root).toEqual(first.opened.roles.root);
    expect(again.opened.roles.snapshot).not.toEqual(first.opened.roles.snapshot);
    const topic = new MemoryTopic();
    await appendOpening(folder, new MemoryLog(topic));
    const replay = new Replay(again.ledger, nativeCrypto);
    for (const { value } of topic.page(0, 9, 1e9)) expect(replay.next(value)).toBeDefined();
  });

  it('refuses a file that says nothing of a ledger', async () => {
    await open();
    await rm(folder.ledgerFile);
    await writeFile(folder.ledgerFile, '{"ledger":');
    await expect(open()).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
