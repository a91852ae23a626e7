import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FileEntry, type Files, MemoryFiles, type WriteFault } from '#files';
import { Handover, type LogReader, SERVICES, silentLog } from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import type { Effects } from '#projection';
import { nativeCrypto } from '#signing';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { emptySchema, Projecting } from '../../../test/fixtures/projecting.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { seenRepository } from '../../../test/fixtures/verify-repository.js';
import { LivePublication } from '../src/live-publication.js';
import { Repository } from '../src/repository.js';

const LIMIT_MS = 20_000;
const STATES = 3;

let postgres: TestPostgres;
/** Projections that have folded nothing, and those that have folded the whole ledger. */
let blank: Projecting;
let whole: Projecting;
const ledger = story();
const states = ledger.effects.flatMap(({ timestamp }) => (timestamp.state ? [timestamp.state] : []));

function story(): TestLedger {
  const made = new TestLedger({ crypto: nativeCrypto, count: 4 }).open();
  for (let state = 1; state <= STATES; state++) {
    made.say(upload('six', `${state}.whl`), upload('pip', `${state}.whl`));
    // The last state is made under another root, which comes after it.
    if (state === STATES) made.rotateTimestamp();
    made.publish();
  }
  return made;
}

beforeAll(async () => {
  postgres = await startPostgres();
  blank = await Projecting.open(await freshDatabase(postgres), ledger.ledger);
  whole = await Projecting.open(await freshDatabase(postgres), ledger.ledger);
  const topic = new MemoryTopic();
  topic.push(ledger.values);
  for (const service of SERVICES) whole.start(service, new MemoryLog(topic));
  for (const service of SERVICES) await whole.reach(service, ledger.replay.state.reader.size);
  await whole.stop();
});
beforeEach(() => emptySchema(blank.repository));
afterAll(async () => {
  await Promise.all([blank?.close(), whole?.close()]);
  await postgres?.stop();
});

/** A repository over projections that have committed nothing, until they have committed everything. */
async function stage(files: Files = new MemoryFiles(), own = blank.repository) {
  let isCommitted = false;
  const repository = new Repository({
    opened: ledger.replay.state.reader.opened!,
    files,
    get sources() {
      return isCommitted ? whole.sources : blank.sources;
    },
    own,
    prefix: 'tuf',
    watermarks: whole.watermarks,
    report: silentLog,
  });
  await repository.look();
  const commit = () => {
    isCommitted = true;
  };
  return { files, repository, commit };
}

/** Hands over what these records did, one by one, as the projectors do. */
async function publish(repository: Repository, effects: readonly Effects[]): Promise<void> {
  const handover = new Handover();
  const publication = new LivePublication(repository, handover, async () => undefined);
  await publication.begin({ reader: { size: effects[0]!.step.position } } as LogReader);
  for (const { step, root, targets, snapshot, timestamp } of effects) {
    const steps = [step];
    handover.tell('root', steps, root);
    handover.tell('targets', steps, targets);
    handover.tell('snapshot', steps, snapshot);
    const { state } = timestamp;
    handover.tell('timestamp', steps, { ...timestamp, states: state ? [state] : [] });
    await publication.take({ steps, offsets: [], noise: [] });
  }
  await publication.end();
}

async function contentOf(files: Files): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of await files.list('')) content.set(name, (await files.read(name))!);
  return content;
}

/** A store of files that counts what it was asked to write. */
class CountingFiles extends MemoryFiles {
  writes = 0;

  override async write(name: string, bytes: Uint8Array): Promise<void> {
    this.writes++;
    await super.write(name, bytes);
  }
}

/** Files of no role, named as those of a state. */
const someFiles = (since: number, ...entries: FileEntry[]) => ({ since, inOrder: [entries], roles: 1 });

describe('files that are written from what projectors hand over', () => {
  it('are those of every state, and nothing is read back or written twice', async () => {
    const files = new CountingFiles();
    const { repository, commit } = await stage(files);
    await publish(repository, ledger.effects);
    expect(repository.published).toEqual(states.at(-1));
    expect(await contentOf(files)).toEqual(ledger.published.files);
    const { writes } = files;
    commit();
    await repository.look();
    expect(files.writes).toBe(writes);
    // Each once, but for the timestamp.
    expect(writes).toBe(ledger.published.files.size + STATES - 1);
  });

  it.each<WriteFault>(['fail before', 'fail after'])(
    'are mended from what is committed, whichever write fails (%s)',
    async fault => {
      const count = ledger.published.files.size + STATES - 1;
      const reached = new Set<number | undefined>();
      for (let nth = 0; nth < count; nth++) {
        const files = new MemoryFiles([...Array.from({ length: nth }, () => undefined), fault]);
        const { repository, commit } = await stage(files);
        await publish(repository, ledger.effects);
        reached.add(repository.published?.state);
        const before = await contentOf(files);
        expect(seenRepository(before)?.timestamp ?? 0).toBeGreaterThanOrEqual(
          repository.published?.state ?? 0,
        );
        commit();
        await repository.look();
        const content = await contentOf(files);
        expect(seenRepository(content)?.timestamp).toBe(STATES);
        for (const [name, bytes] of content) expect(bytes, name).toEqual(ledger.published.files.get(name));
      }
      // After a fault nothing is taken before a look has written what is missing.
      expect(reached).toEqual(new Set([undefined, 1, 2]));
    },
  );

  it('are left to the look where the reading began within a state', async () => {
    const { files, repository, commit } = await stage();
    const within = ledger.effects.findIndex(({ step }) => step.position > states[1]!.cut);
    await publish(repository, ledger.effects.slice(within));
    expect(repository.published).toBeUndefined();
    commit();
    await repository.look();
    expect(repository.published).toEqual(states.at(-1));
    expect(seenRepository(await contentOf(files))?.timestamp).toBe(STATES);
  });

  it('follow what the look wrote', async () => {
    const { files, repository } = await stage();
    const first = ledger.effects.filter(({ step }) => step.position <= states[0]!.position);
    await publish(repository, first);
    await publish(repository, ledger.effects.slice(first.length));
    expect(await contentOf(files)).toEqual(ledger.published.files);
  });
});

describe('a state that is expected', () => {
  it('is not read back, unless it was missed', async () => {
    const { files, repository, commit } = await stage();
    commit();
    repository.expect(STATES);
    await repository.look();
    expect(await files.list('')).toEqual([]);
    repository.missed();
    await repository.look();
    expect(seenRepository(await contentOf(files))?.timestamp).toBe(STATES);
  });

  it('and missed is written without news of a projection', async () => {
    const { files, repository, commit } = await stage();
    commit();
    repository.expect(STATES);
    await whole.reach('timestamp', ledger.replay.state.reader.size);
    repository.start();
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(await files.list('')).toEqual([]);
    repository.missed();
    await expect.poll(() => repository.published?.state, { timeout: LIMIT_MS }).toBe(STATES);
    await repository.stop();
  });

  it('holds no other one back', async () => {
    const { repository, commit } = await stage();
    commit();
    repository.expect(STATES - 1);
    await repository.look();
    expect(repository.published?.state).toBe(STATES);
  });
});

describe('a state that is taken', () => {
  const [first, second] = states;
  const file = (name: string): FileEntry => ({ name, bytes: new Uint8Array([1]) });

  it('must be newer than the one that is written, which must reach its files', async () => {
    const { files, repository } = await stage();
    expect(await repository.take(second!, someFiles(0, file('early')))).toBe(false);
    expect(await repository.take(first!, someFiles(-1, file('first')))).toBe(true);
    expect(await repository.take(first!, someFiles(-1, file('again')))).toBe(false);
    expect(await repository.take(second!, someFiles(first!.position + 1, file('beyond')))).toBe(false);
    expect(await repository.take(second!, someFiles(first!.position, file('second')))).toBe(true);
    expect(await files.list('')).toEqual(['first', 'second']);
  });

  it('is none where something was served before this service knew of it', async () => {
    const files = new MemoryFiles();
    await files.write('timestamp.json', ledger.published.files.get('timestamp.json')!);
    const { repository, commit } = await stage(files);
    expect(await repository.take(first!, someFiles(-1, file('first')))).toBe(false);
    expect(repository.published).toBeUndefined();
    commit();
    await repository.look();
    expect(repository.published?.state).toBe(STATES);
  });

  it('is not served where a file of it throws, and is at the next try', async () => {
    const { repository } = await stage(new MemoryFiles(['fail before']));
    const served = repository.served(first!.position, AbortSignal.timeout(LIMIT_MS));
    await expect(repository.take(first!, someFiles(-1, file('first')))).rejects.toThrow();
    expect(repository.published).toBeUndefined();
    expect(await repository.take(first!, someFiles(-1, file('first')))).toBe(true);
    await served;
  });
});
