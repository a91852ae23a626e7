import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FileEntry, type Files, FilesError, MemoryFiles, type WriteFault } from '#files';
import { SERVICES, silentLog } from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { Projecting } from '../../../test/fixtures/projecting.js';
import { Random } from '../../../test/fixtures/random.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { seenRepository } from '../../../test/fixtures/verify-repository.js';
import { Repository } from '../src/repository.js';

const LIMIT_MS = 20_000;
/** Many times what a repository takes to write a state that is there. */
const SETTLED_MS = 1_500;

let postgres: TestPostgres;
/** A ledger after its first state, and after two more, of which the last is made under another root. */
let early: { ledger: TestLedger; projecting: Projecting };
let late: { ledger: TestLedger; projecting: Projecting };
const running = new Set<Repository>();

function story(states: number): TestLedger {
  const ledger = new TestLedger({ crypto: nativeCrypto, count: 8 }).open();
  ledger.say(upload('six', 'a.whl'), upload('numpy', 'b.whl'));
  ledger.publish();
  for (let state = 2; state <= states; state++) {
    ledger.say(upload('six', `${state}.whl`), upload('pip', `${state}.whl`), upload('idna', `${state}.whl`));
    ledger.say({ type: 'file.removed', project: 'numpy', filename: 'b.whl' });
    if (state === 3) ledger.rotateTimestamp();
    ledger.publish();
  }
  return ledger;
}

async function projected(ledger: TestLedger): Promise<{ ledger: TestLedger; projecting: Projecting }> {
  const projecting = await Projecting.open(await freshDatabase(postgres), ledger.ledger);
  const topic = new MemoryTopic();
  topic.push(ledger.values);
  for (const service of SERVICES) projecting.start(service, new MemoryLog(topic));
  for (const service of SERVICES) await projecting.reach(service, ledger.replay.state.reader.size);
  await projecting.stop();
  return { ledger, projecting };
}

beforeAll(async () => {
  postgres = await startPostgres();
  [early, late] = await Promise.all([projected(story(1)), projected(story(3))]);
});
afterEach(async () => {
  await Promise.all([...running].map(repository => repository.stop()));
  running.clear();
});
afterAll(async () => {
  await Promise.all([early?.projecting.close(), late?.projecting.close()]);
  await postgres?.stop();
});

function start({ ledger, projecting }: typeof early, files: Files, own = projecting.repository): Repository {
  const repository = new Repository({
    opened: ledger.replay.state.reader.opened!,
    files,
    sources: projecting.sources,
    own,
    prefix: 'tuf',
    watermarks: projecting.watermarks,
    report: silentLog,
  });
  repository.start();
  running.add(repository);
  return repository;
}

async function published(repository: Repository, state: number): Promise<void> {
  await expect.poll(() => repository.published?.state, { timeout: LIMIT_MS, interval: 5 }).toBe(state);
}

async function contentOf(files: Files): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of await files.list('')) content.set(name, (await files.read(name))!);
  return content;
}

async function filesWith(content: ReadonlyMap<string, Uint8Array>): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  for (const [name, bytes] of content) await files.write(name, bytes);
  return files;
}

/** What is written when a store had `before`. */
async function write(at: typeof early, before: ReadonlyMap<string, Uint8Array>, state: number) {
  const files = await filesWith(before);
  await published(start(at, files), state);
  return contentOf(files);
}

/** Writes the entries of one call in any order, and fails for good at its `last`th write. */
class KilledFiles implements Files {
  private writes = 0;
  readonly killed: Promise<void>;
  private kill = () => {};

  constructor(
    private readonly files: Files,
    private readonly last: { readonly at: number; readonly fault: WriteFault },
    private readonly random: Random,
  ) {
    this.killed = new Promise(resolve => {
      this.kill = resolve;
    });
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.writes++;
    if (this.writes < this.last.at) return this.files.write(name, bytes);
    if (this.writes === this.last.at && this.last.fault === 'fail after') await this.files.write(name, bytes);
    this.kill();
    throw new FilesError('file-unavailable', 'The scripted kill.');
  }

  async writeAll(entries: readonly FileEntry[]): Promise<void> {
    const left = [...entries];
    while (left.length > 0) {
      const [entry] = left.splice(this.random.below(left.length), 1);
      await this.write(entry!.name, entry!.bytes);
    }
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return this.files.read(name);
  }

  list(prefix: string): Promise<string[]> {
    return this.files.list(prefix);
  }

  remove(name: string): Promise<void> {
    return this.files.remove(name);
  }
}

const NOTHING = new Map<string, Uint8Array>();

describe('the repository', () => {
  it('writes what a replay of the log gives, and what a client verifies', async () => {
    const { ledger } = early;
    const files = await write(early, NOTHING, 1);
    expect(files).toEqual(ledger.published.files);
    const seen = seenRepository(files);
    expect(seen?.timestamp).toBe(1);
    expect([...seen!.targets.keys()].sort()).toEqual(['numpy/b.whl', 'six/a.whl']);
  });

  it('writes the offline roles that the state lists, not those that became complete since its cut', async () => {
    const ledger = story(1);
    ledger.say(upload('six', 'c.whl'));
    ledger.cut();
    ledger.signWith(ledger.propose('targets'), ledger.keys.offline);
    ledger.sign();
    ledger.sign();
    const at = await projected(ledger);
    const files = await write(at, NOTHING, 2);
    await at.projecting.close();
    expect(seenRepository(files)).toMatchObject({ timestamp: 2 });
    expect(seenRepository(files)!.versions.get('targets')).toBe(1);
  });

  it('writes the newest complete state only, of which a client may be two behind', async () => {
    const before = await write(early, NOTHING, 1);
    const files = await write(late, before, 3);
    const { published } = late.ledger;
    for (const [name, bytes] of files) expect(bytes, name).toEqual(published.files.get(name));
    expect(files.has('2.snapshot.json')).toBe(false);
    for (const name of before.keys()) expect(files.has(name), name).toBe(true);
    expect(seenRepository(files)).toMatchObject({ timestamp: 3, root: 2 });
  });

  it.each<WriteFault>(['fail before', 'fail after'])(
    'shows a client at every instant what verifies: killed in any write (%s), and started again',
    async fault => {
      const before = await write(early, NOTHING, 1);
      const after = await write(late, before, 3);
      const random = new Random(1);
      const shown: number[] = [];
      const killedAt = async (at: number): Promise<boolean> => {
        const files = await filesWith(before);
        const killed = new KilledFiles(files, { at, fault }, random);
        const repository = start(late, killed);
        const ended = await Promise.race([
          killed.killed.then(() => true),
          published(repository, 3).then(() => false),
        ]);
        void repository.stop();
        shown.push(seenRepository(await contentOf(files))!.timestamp);
        await published(start(late, files), 3);
        expect(await contentOf(files)).toEqual(after);
        return ended;
      };
      let at = 1;
      while (await killedAt(at)) at++;
      const changed = [...after].filter(
        ([name, bytes]) => before.get(name) !== bytes && !same(before.get(name), bytes),
      );
      expect(at - 1).toBeGreaterThanOrEqual(changed.length);
      expect(new Set(shown)).toEqual(new Set([1, 3]));
    },
  );

  it('writes again what a fault kept from being written', async () => {
    const faults: WriteFault[] = ['fail before', 'fail after'];
    const files = new MemoryFiles([undefined, undefined, faults[0], undefined, faults[1]]);
    const repository = start(early, files);
    await published(repository, 1);
    expect(await contentOf(files)).toEqual(early.ledger.published.files);
  });

  it('notes what it serves, though Postgres was away when it first tried', async () => {
    const { repository } = early.projecting;
    let tries = 0;
    const failing = new Proxy(repository, {
      get: (target, name) => {
        if (name === 'createQueryRunner' && tries++ === 0) throw new Error('The scripted loss of Postgres.');
        return Reflect.get(target, name);
      },
    });
    await repository.query('TRUNCATE progress');
    await published(start(early, new MemoryFiles(), failing), 1);
    const position = early.ledger.published.state!.position + 1;
    // It is served first, and noted then.
    await vi.waitFor(async () => {
      expect(await repository.query('SELECT position, state FROM progress')).toEqual([
        { position: String(position), state: '1' },
      ]);
    }, LIMIT_MS);
  });

  it('takes nobody back when Postgres has lost its newest state', async () => {
    const { timestamp } = late.projecting.sources;
    const files = new MemoryFiles();
    await published(start(late, files), 3);
    const [lost] = await timestamp.query('DELETE FROM complete_state WHERE state = 3 RETURNING *');
    await timestamp.query('UPDATE progress SET position = position - 1');
    await new Promise(resolve => setTimeout(resolve, 1_000));
    expect(seenRepository(await contentOf(files))?.timestamp).toBe(3);
    const { state, at, cut, position, root, roots_before } = lost[0];
    const row = [state, at, cut, position, root, roots_before];
    await timestamp.query('INSERT INTO complete_state VALUES ($1, $2, $3, $4, $5, $6)', row);
    await timestamp.query('UPDATE progress SET position = position + 1');
  });

  it('mends at its start what a power cut tore, brought back older or lost', async () => {
    const whole = await write(late, NOTHING, 3);
    const older = await write(early, NOTHING, 1);
    for (const name of whole.keys()) {
      const torn: Uint8Array[] = [
        new Uint8Array(),
        whole.get(name)!.slice(0, 100),
        new Uint8Array(whole.get(name)!.length),
      ];
      if (older.has(name)) torn.push(older.get(name)!);
      for (const bytes of torn)
        expect(await write(late, new Map([...whole, [name, bytes]]), 3)).toEqual(whole);
      const lost = new Map(whole);
      lost.delete(name);
      expect(await write(late, lost, 3)).toEqual(whole);
    }
  });

  it('takes nobody back while the projections, folded anew, have only come to an older state', async () => {
    const served = await write(late, new Map(), 3);
    const files = await filesWith(served);
    const repository = start(early, files);
    await new Promise(resolve => setTimeout(resolve, SETTLED_MS));
    expect(repository.published).toBeUndefined();
    expect(await contentOf(files)).toEqual(served);
    await repository.stop();
    await published(start(late, files), 3);
    expect(await contentOf(files)).toEqual(served);
  });

  it('leaves alone at its start what is there as it should be', async () => {
    const whole = await write(late, NOTHING, 3);
    const files = await filesWith(whole);
    const written: string[] = [];
    const watched = new Proxy(files, {
      get: (target, name) => {
        if (name !== 'write') return Reflect.get(target, name).bind(target);
        return async (file: string, bytes: Uint8Array) => {
          written.push(file);
          await target.write(file, bytes);
        };
      },
    });
    await published(start(late, watched), 3);
    expect(written).toEqual([]);
  });
});

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
