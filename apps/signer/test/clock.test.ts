import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog, MemoryTopic } from '#log';
import { BEGIN, killedInAppend, logBut, SignerStage } from './signer-stage.js';

const MINUTE = 60_000;

let stage: SignerStage;
beforeEach(async () => {
  stage = await SignerStage.make(new MemoryTopic());
});
afterEach(() => stage.dispose());

const cuts = () => stage.ledger.effects.filter(({ root }) => root.cut).length;

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
