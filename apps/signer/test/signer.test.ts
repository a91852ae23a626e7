import { rm } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostError } from '#host';
import { type Log, LogError, MemoryLog, MemoryTopic, type SendFault } from '#log';
import { nativeCrypto } from '#signing';
import { codesOf } from '../../../test/fixtures/outcomes.js';
import { Random } from '../../../test/fixtures/random.js';
import { randomEvent, randomNoise } from '../../../test/fixtures/random-history.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { SignerError } from '../src/errors.js';
import { BEGIN, SignerStage } from './signer-stage.js';

const MINUTE = 60_000;

let stage: SignerStage;
beforeEach(async () => {
  stage = await SignerStage.make(new MemoryTopic());
});
afterEach(() => stage.dispose());

/** The log, but for what is given otherwise. */
function logBut(log: Log, other: Partial<Log>): Log {
  return {
    append: values => log.append(values),
    read: (from, limit) => log.read(from, limit),
    bounds: () => log.bounds(),
    close: () => log.close(),
    ...other,
  };
}

/** A log to which nothing can be appended any more, as if the process were killed in the call. */
function killedInAppend(topic: MemoryTopic): { log: Log; reached: Promise<void> } {
  let reach = () => {};
  const reached = new Promise<void>(resolve => {
    reach = resolve;
  });
  const append = async () => {
    reach();
    throw new LogError('log-closed', 'The scripted kill.');
  };
  return { log: logBut(new MemoryLog(topic), { append }), reached };
}

/** The codes of all outcomes of the signer's own records so far. */
function signersCodes(): string[] {
  const { effects, keys } = stage.ledger;
  const own = effects.filter(
    ({ step }) => 'publisher' in step.author && step.author.publisher === keys.signer.keyid,
  );
  // The opening's signatures were relayed under the same key.
  return own.slice(1).flatMap(codesOf);
}

const cuts = () => stage.ledger.effects.filter(({ root }) => root.cut).length;

describe('the signer', () => {
  it('signs bins, snapshot and timestamp of each state, each once', async () => {
    stage.start();
    for (let state = 1; state <= 3; state++) {
      stage.write(ledger => {
        ledger.say(upload('six', `${state}.whl`));
        ledger.cut();
      });
      await stage.complete(state);
    }
    expect(signersCodes()).toEqual(
      [...Array(6).fill('applied'), ...Array(6).fill('applied')].slice(0, 6 + 3 + 3),
    );
  });

  it('remembers on the disk what it signs before the signature leaves', async () => {
    stage.write(ledger => ledger.cut());
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch');
    const { log, reached } = killedInAppend(stage.topic);
    stage.start(log);
    await reached;
    const remembered = await stage.onDisk();
    const drafts = stage.ledger.openDrafts();
    expect(drafts).toHaveLength(5);
    for (const { role, version, sha256 } of drafts)
      expect(JSON.parse(remembered.get(`signed/${role}`)!)).toEqual({ role, version, sha256 });
    for (const call of batch.mock.calls as unknown[][]) expect(call[1]).toEqual({ sync: true });
    batch.mockRestore();
  });

  it('signs the same content again when it was killed before the signature reached the log', async () => {
    stage.write(ledger => ledger.cut());
    const { log, reached } = killedInAppend(stage.topic);
    stage.start(log);
    await reached;
    await stage.stop();
    stage.failures.length = 0;
    stage.start();
    await stage.complete(1);
    expect(signersCodes()).toEqual(Array(6).fill('applied'));
  });

  it('signs again what was lost though the log acknowledged it, and does not flood the log', async () => {
    const log = new MemoryLog(stage.topic);
    let lost = 0;
    const losing = logBut(log, {
      append: async values => {
        if (lost++ > 0) return log.append(values);
        return log.append(values.map(() => new Uint8Array([1])));
      },
    });
    stage.start(losing);
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(signersCodes()).toEqual(Array(6).fill('applied'));
  });

  it('goes on after the log was away', async () => {
    const sends = Array.from(
      { length: 12 },
      (_, i): SendFault => (i % 2 === 0 ? 'refused' : 'unacknowledged'),
    );
    stage.start(new MemoryLog(stage.topic, { sends, reads: ['failed', undefined, 'failed'] }));
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(stage.reported.some(({ level }) => level === 'warn')).toBe(true);
  });

  it('does not flood the log once its key was revoked', async () => {
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    stage.write(ledger => {
      const revoked = { type: 'publisher.revoked' as const, keyid: ledger.keys.signer.keyid };
      ledger.append(ledger.record(ledger.administrators, [revoked]));
      ledger.cut();
    });
    const before = stage.size;
    await stage.settle(1_000);
    expect(stage.size - before).toBeLessThan(5);
    expect(stage.reported.some(({ message }) => message.includes('revoked'))).toBe(true);
  });

  it('signs more drafts at once than one append can hold', async () => {
    await stage.dispose();
    stage = await SignerStage.make(new MemoryTopic(), { count: 4_096 });
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(new Set(signersCodes())).toEqual(new Set(['applied']));
  });
});

describe('a restart of the signer', () => {
  it('in the middle of a state goes on with it', async () => {
    const log = new MemoryLog(stage.topic);
    let appends = 0;
    const once = logBut(log, {
      append: values => {
        if (appends++ > 0) throw new LogError('log-closed', 'The scripted kill.');
        return log.append(values);
      },
    });
    stage.start(once);
    stage.write(ledger => ledger.cut());
    await stage.until(() => stage.failures.length > 0);
    expect(stage.ledger.openDrafts().map(({ role }) => role)).toEqual(['timestamp']);
    await stage.stop();
    stage.failures.length = 0;
    stage.start();
    await stage.complete(1);
    expect(signersCodes()).toEqual(Array(6).fill('applied'));
  });

  it.each([1, 2, 3, 4])('derives from what was saved what a replay does (history %i)', async seed => {
    const random = new Random(seed);
    let running = false;
    for (let round = 1; round <= 8; round++) {
      if (running && random.oneIn(2)) {
        await stage.stop();
        running = false;
      }
      stage.write(ledger => {
        for (let records = random.below(5); records > 0; records--) {
          ledger.say(randomEvent(random), randomEvent(random));
          ledger.append(randomNoise(random, ledger));
        }
        if (random.oneIn(3)) ledger.cut();
        ledger.cut();
      });
      if (!running) stage.start();
      running = true;
      await stage.complete(stage.ledger.replay.state.root.lastCut!.state);
    }
    // Those of a state that was cut off meanwhile are dead.
    expect(new Set(signersCodes().filter(code => code !== 'draft-dead'))).toEqual(new Set(['applied']));
  });

  it('reads only what came after the saved fold', async () => {
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    await stage.stop();
    const saved = stage.size;
    const reads: number[] = [];
    const log = new MemoryLog(stage.topic);
    const watched = logBut(log, {
      read: (from, limit) => {
        reads.push(from);
        return log.read(from, limit);
      },
    });
    stage.start(watched);
    await stage.settle();
    expect(Math.min(...reads)).toBe(saved - 1);
  });

  it('without its folder folds the log anew, has forgotten what it signed, and signs', async () => {
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    await stage.stop();
    await rm(stage.signerFolder, { recursive: true });
    stage.write(ledger => ledger.cut());
    stage.start();
    await stage.complete(2);
    await stage.stop();
    const remembered = await stage.onDisk();
    const { version } = JSON.parse(remembered.get('signed/timestamp')!);
    expect(version).toBe(2);
    expect(remembered.has('signed/bins-0')).toBe(false);
  });

  it('folds anew after a save that was torn', async () => {
    stage.start();
    stage.write(ledger => {
      ledger.say(upload('six', 'a.whl'));
      ledger.cut();
    });
    await stage.complete(1);
    await stage.stop();
    const store = new ClassicLevel<string, string>(stage.signerFolder);
    await store.del('fold');
    await store.put('bin/1', '{"changed":99,"role":"{\\"highest\\":9}","paths":[]}');
    await store.close();
    stage.write(ledger => {
      ledger.say(upload('six', 'b.whl'));
      ledger.cut();
    });
    stage.start();
    await stage.complete(2);
  });
});

describe('a log that is not the one that was signed for', () => {
  /** Another history of the same ledger: the same opening, other files. */
  function forgery(): TestLedger {
    const forged = new TestLedger({ crypto: nativeCrypto, count: 4 }).open();
    for (const project of ['evil', 'worse', 'worst', 'bad', 'mean', 'false'])
      forged.say(upload(project, 'x.whl'));
    forged.cut();
    return forged;
  }
  const topicOf = (ledger: TestLedger): MemoryTopic => {
    const topic = new MemoryTopic();
    topic.push(ledger.values);
    return topic;
  };

  beforeEach(async () => {
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    await stage.stop();
  });

  it('is refused by what was read of it before', async () => {
    const topic = topicOf(forgery());
    const size = topic.end;
    stage.start(new MemoryLog(topic));
    await stage.until(() => stage.failures.length > 0);
    expect(stage.failures[0]).toBeInstanceOf(HostError);
    expect(stage.failures[0]).toMatchObject({ code: 'log-forked' });
    expect(topic.end).toBe(size);
  });

  it('is refused by the memory, should the fold be gone', async () => {
    const store = new ClassicLevel<string, string>(stage.signerFolder);
    await store.del('fold');
    await store.close();
    const topic = topicOf(forgery());
    const size = topic.end;
    stage.start(new MemoryLog(topic));
    await stage.until(() => stage.failures.length > 0);
    expect(stage.failures[0]).toBeInstanceOf(SignerError);
    expect(stage.failures[0]).toMatchObject({
      code: 'equivocation',
      message: expect.stringMatching(/^Asked to sign .* 1 \(.*compare it with a backup/),
    });
    expect(topic.end).toBe(size);
  });
});

describe('two signers on one folder', () => {
  it('are refused, and the first goes on', async () => {
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    stage.start();
    await stage.until(() => stage.failures.length > 0);
    expect(stage.failures).toHaveLength(1);
    expect(stage.failures[0]).toMatchObject({
      code: 'signer-folder',
      message: expect.stringContaining('Stop another signer that uses it'),
    });
    stage.failures.length = 0;
    stage.write(ledger => ledger.cut());
    await stage.complete(2);
  });
});

describe("a cut's time and the signer's clock", () => {
  it('may be a minute apart', async () => {
    stage.now = BEGIN + MINUTE;
    stage.start();
    stage.write(ledger => ledger.cut({ at: BEGIN }));
    await stage.complete(1);
    stage.now = BEGIN;
    stage.write(ledger => ledger.cut({ at: BEGIN + MINUTE }));
    await stage.complete(2);
    expect(cuts()).toBe(2);
  });

  it('are compared when a state begins, not while it goes on', async () => {
    const log = new MemoryLog(stage.topic);
    // Long work: the clock is two minutes on whenever a signature has reached the log.
    const slow = logBut(log, {
      append: async values => {
        const offsets = await log.append(values);
        stage.now += 2 * MINUTE;
        return offsets;
      },
    });
    stage.start(slow);
    stage.write(ledger => ledger.cut({ at: BEGIN }));
    await stage.complete(1);
    expect(cuts()).toBe(1);
  });

  it('lets an old cut lie, and makes the next itself', async () => {
    stage.now = BEGIN + MINUTE + 1;
    stage.start();
    stage.write(ledger => ledger.cut({ at: BEGIN }));
    await stage.complete(2);
    expect(stage.ledger.published.files.has('2.snapshot.json')).toBe(true);
    expect(stage.ledger.published.files.has('1.snapshot.json')).toBe(false);
    expect(stage.ledger.replay.state.root.lastCut?.at).toBe(stage.now);
    expect(stage.reported.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('makes the next cut although the log was away when it tried', async () => {
    stage.now = BEGIN + 2 * MINUTE;
    stage.start(new MemoryLog(stage.topic, { sends: Array(4).fill('refused') }));
    stage.write(ledger => ledger.cut({ at: BEGIN }));
    await stage.complete(2);
  });

  it('does not sign a cut of the future until the clock has come near', async () => {
    stage.start();
    stage.write(ledger => ledger.cut({ at: BEGIN + 5 * MINUTE }));
    const size = stage.size;
    await stage.settle();
    expect(stage.size).toBe(size);
    expect(stage.reported.filter(({ level }) => level === 'error')).toHaveLength(1);
    stage.now = BEGIN + 4 * MINUTE;
    await stage.complete(1);
    expect(cuts()).toBe(1);
  });

  it('makes the next cut if the clock leapt over one of the future', async () => {
    stage.start();
    stage.write(ledger => ledger.cut({ at: BEGIN + 5 * MINUTE }));
    await stage.settle();
    stage.now = BEGIN + 60 * MINUTE;
    await stage.complete(2);
  });

  it('are compared again after a restart', async () => {
    stage.write(ledger => ledger.cut({ at: BEGIN }));
    const { log, reached } = killedInAppend(stage.topic);
    stage.start(log);
    await reached;
    await stage.stop();
    stage.failures.length = 0;
    stage.now = BEGIN + 2 * MINUTE;
    stage.start();
    await stage.complete(2);
    expect(stage.ledger.published.files.has('1.snapshot.json')).toBe(false);
  });
});
