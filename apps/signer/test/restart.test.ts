import { rm } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Follower, HostError } from '#host';
import { LogError, MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { Random } from '../../../test/fixtures/random.js';
import { randomEvent, randomNoise } from '../../../test/fixtures/random-history.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { SignerError } from '../src/errors.js';
import { logBut, SignerStage } from './signer-stage.js';

let stage: SignerStage;
beforeEach(async () => {
  stage = await SignerStage.make(new MemoryTopic());
});
afterEach(() => stage.dispose());

describe('a restart of the signer', () => {
  it('in the middle of a state goes on with it', async () => {
    const log = new MemoryLog(stage.topic);
    const torn = logBut(log, {
      append: async values => {
        await log.append(values.slice(0, 1));
        throw new LogError('log-closed', 'The scripted kill.');
      },
    });
    stage.start(torn);
    stage.write(ledger => ledger.cut());
    await stage.until(() => stage.failures.length > 0);
    expect(stage.ledger.openDrafts().map(({ role }) => role)).toEqual(['timestamp']);
    await stage.stop();
    stage.failures.length = 0;
    stage.start();
    await stage.complete(1);
    expect(stage.signersCodes()).toEqual(Array(6).fill('applied'));
  });

  it('does not take for folded what another service of its process failed to take', async () => {
    let uploads = 0;
    const failing: Follower = {
      place: async () => undefined,
      begin: async () => undefined,
      take: async ({ steps }) => {
        const isUpload = steps.some(({ events }) => events.some(({ owner }) => owner === 'bin'));
        if (isUpload && uploads++ === 0) throw new LogError('log-unavailable', 'The scripted failure.');
      },
    };
    stage.start(new MemoryLog(stage.topic), stage.signerFolder, [failing]);
    await stage.settle();
    stage.write(ledger => ledger.say(upload('six', 'a.whl')));
    await stage.until(() => uploads === 2);
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(stage.signersCodes()).toEqual(Array(6).fill('applied'));
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
    expect(new Set(stage.signersCodes().filter(code => code !== 'draft-dead'))).toEqual(new Set(['applied']));
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
