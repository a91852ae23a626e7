import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryLog, MemoryTopic, type SendFault } from '#log';
import { testKey } from '../../../test/fixtures/keys.js';
import { upload } from '../../../test/fixtures/test-ledger.js';
import { killedInAppend, logBut, SignerStage } from './signer-stage.js';

let stage: SignerStage;
beforeEach(async () => {
  stage = await SignerStage.make(new MemoryTopic());
});
afterEach(() => stage.dispose());

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
    // All four bins first, then the one that changed; with each the snapshot and the timestamp.
    expect(stage.signersCodes()).toEqual(Array(6 + 3 + 3).fill('applied'));
  });

  it('says which keys it lacks, whether or not another signature could be made', async () => {
    stage.start();
    stage.write(ledger => ledger.rotateTimestamp());
    stage.write(ledger => ledger.cut());
    await vi.waitFor(() => {
      const said = stage.reported.filter(({ message }) => message.includes('does not hold'));
      expect(said).toHaveLength(1);
    });
  });

  it('signs the timestamp together with its snapshot', async () => {
    const append = vi.spyOn(MemoryLog.prototype, 'append');
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(append).toHaveBeenCalledTimes(1);
    append.mockRestore();
    expect(stage.signersCodes()).toEqual(Array(6).fill('applied'));
  });

  it('waits for the snapshot where another holds a key of it, whose signature may be in its file', async () => {
    await stage.dispose();
    const other = testKey('another holder of a key of the snapshot');
    const snapshot = { keys: [testKey('online'), other], threshold: 1 };
    stage = await SignerStage.make(new MemoryTopic(), { roles: { snapshot } });
    const log = new MemoryLog(stage.topic);
    const overtaken = logBut(log, {
      append: values => {
        if (stage.ledger.openDrafts().some(({ role }) => role === 'snapshot')) {
          const draft = stage.ledger.openDrafts().find(({ role }) => role === 'snapshot')!;
          const signed = { type: 'signed' as const, signatures: [stage.ledger.entry(draft, other)] };
          stage.write(ledger => ledger.say(signed));
        }
        return log.append(values);
      },
    });
    stage.start(overtaken);
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(stage.failures).toEqual([]);
  });

  it('waits for the snapshot where fewer signatures than all may complete it', async () => {
    await stage.dispose();
    // Of 128 bins and of these, one signature more than fits the record that completes the snapshot.
    const keys = Array.from({ length: 13 }, (_, i) => testKey(`snapshot ${i}`));
    const roles = { snapshot: { keys, threshold: 1 } };
    stage = await SignerStage.make(new MemoryTopic(), { count: 128, roles });
    stage.online.push(...keys);
    stage.start();
    stage.write(ledger => ledger.cut());
    await stage.complete(1);
    expect(stage.failures).toEqual([]);
  });

  it('goes on with the next state where a cut overtook the one that it was signing', async () => {
    const log = new MemoryLog(stage.topic);
    let cuts = 0;
    const overtaken = logBut(log, {
      append: values => {
        if (cuts++ === 0) stage.write(ledger => ledger.cut());
        return log.append(values);
      },
    });
    stage.start(overtaken);
    stage.write(ledger => ledger.cut());
    await stage.complete(2);
    expect(stage.failures).toEqual([]);
    // Those of the state that died: its bins, its snapshot, its timestamp.
    expect(stage.signersCodes().filter(code => code !== 'applied')).toEqual([
      ...Array(5).fill('draft-dead'),
      'draft-unknown',
    ]);
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
    expect([...remembered.keys()].filter(key => key.startsWith('signed/'))).toContain('signed/timestamp');
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
    expect(stage.signersCodes()).toEqual(Array(6).fill('applied'));
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
    expect(stage.signersCodes()).toEqual(Array(6).fill('applied'));
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
    expect(new Set(stage.signersCodes())).toEqual(new Set(['applied']));
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
