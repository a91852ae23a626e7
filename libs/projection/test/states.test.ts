import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '#ledger';
import {
  type Drafted,
  type Effects,
  evolveSnapshot,
  newSnapshotState,
  Reader,
  type SnapshotFacts,
} from '#projection';
import { nativeCrypto } from '#signing';
import { codesOf } from '../../../test/fixtures/outcomes.js';
import {
  TEST_EPOCH_MS,
  TestLedger,
  type TestLedgerOptions,
  upload,
} from '../../../test/fixtures/test-ledger.js';

const newLedger = (options: TestLedgerOptions = {}) =>
  new TestLedger({ count: 4, crypto: nativeCrypto, ...options }).open();
/** `role@version` of each draft, in order. */
const names = (drafts: readonly Drafted[]) => drafts.map(({ role, version }) => `${role}@${version}`);
const drafted = ({ targets, snapshot, timestamp }: Effects) =>
  names([...targets.drafted, ...snapshot.drafted, ...timestamp.drafted]);
const only = (ledger: TestLedger, ...roles: string[]) =>
  ledger.openDrafts().filter(({ role }) => roles.includes(role));
const meta = (draft: Drafted): Record<string, number> => {
  const entries = Object.entries(JSON.parse(draft.text).meta as Record<string, { version: number }>);
  return Object.fromEntries(entries.map(([name, { version }]) => [name.replace('.json', ''), version]));
};
const parsed = (ledger: TestLedger, file: string) =>
  JSON.parse(new TextDecoder().decode(ledger.published.files.get(file)));

/** An upload into each bin of four, found by trying. */
const INTO = (() => {
  const found = new Map<string, LedgerEvent>();
  const ledger = newLedger();
  for (let i = 0; found.size < 4; i++) {
    const event = upload('six', `six-${i}`);
    found.set(ledger.say(event).targets.outcomes[0]!.role!, event);
  }
  return found;
})();
const removal = (event: LedgerEvent): LedgerEvent => {
  const { project, filename } = event as { project: string; filename: string };
  return { type: 'file.removed', project, filename };
};

describe('a state', () => {
  it('drafts what was touched after the cut before, and nothing else', () => {
    const ledger = newLedger();
    expect(drafted(ledger.publish())).toEqual(['bins-0@1', 'bins-1@1', 'bins-2@1', 'bins-3@1', 'snapshot@1']);
    ledger.say(INTO.get('bins-1')!, INTO.get('bins-3')!);
    expect(drafted(ledger.publish())).toEqual(['bins-1@2', 'bins-3@2', 'snapshot@2']);
    expect(drafted(ledger.publish())).toEqual(['snapshot@3']);
    ledger.say(INTO.get('bins-1')!);
    expect(drafted(ledger.publish())).toEqual(['snapshot@4']);
  });

  it('drafts a bin that was touched and changed back', () => {
    const ledger = newLedger();
    ledger.publish();
    const file = INTO.get('bins-2')!;
    ledger.say(file, removal(file));
    expect(drafted(ledger.publish())).toEqual(['bins-2@2', 'snapshot@2']);
    expect(parsed(ledger, '2.bins-2.json').signed.targets).toEqual({});
  });

  it('has content as of its cut, not of its signatures', () => {
    const ledger = newLedger();
    ledger.cut();
    ledger.say(INTO.get('bins-0')!);
    ledger.sign();
    ledger.sign();
    expect(parsed(ledger, '1.bins-0.json').signed.targets).toEqual({});
    expect(drafted(ledger.publish())).toEqual(['bins-0@2', 'snapshot@2']);
    expect(Object.keys(parsed(ledger, '2.bins-0.json').signed.targets)).toHaveLength(1);
  });

  it('has versions and expiries of its number and time', () => {
    const ledger = newLedger({ lifetime: 100 });
    ledger.publish(TEST_EPOCH_MS + 1999);
    const [bin, snapshot, timestamp] = ['1.bins-0.json', '1.snapshot.json', 'timestamp.json'].map(
      file => parsed(ledger, file).signed,
    );
    for (const { expires, version } of [bin, snapshot, timestamp]) {
      expect([expires, version]).toEqual(['2026-01-01T00:01:41Z', 1]);
    }
    expect(snapshot.meta).toEqual({
      'bins-0.json': { version: 1 },
      'bins-1.json': { version: 1 },
      'bins-2.json': { version: 1 },
      'bins-3.json': { version: 1 },
      'bins.json': { version: 1 },
      'targets.json': { version: 1 },
    });
    expect(timestamp.meta['snapshot.json'].length).toBe(
      ledger.published.files.get('1.snapshot.json')!.length,
    );
  });
});

describe('a state that another one supersedes', () => {
  it('loses its drafts and their numbers; what was complete lives on', () => {
    const ledger = newLedger();
    ledger.cut();
    ledger.sign(only(ledger, 'bins-0', 'bins-2'));
    expect(drafted(ledger.cut())).toEqual(['bins-1@2', 'bins-3@2', 'snapshot@2']);
    expect(meta(only(ledger, 'snapshot')[0]!)).toMatchObject({
      'bins-0': 1,
      'bins-1': 2,
      'bins-2': 1,
      'bins-3': 2,
    });
    ledger.sign(only(ledger, 'bins-1'));
    expect(drafted(ledger.cut())).toEqual(['bins-3@3', 'snapshot@3']);
    ledger.sign();
    ledger.sign();
    expect(ledger.published.state).toMatchObject({ state: 3 });
    const bins = [...ledger.published.files.keys()].filter(name => name.includes('bins-'));
    expect(bins.sort()).toEqual(['1.bins-0.json', '1.bins-2.json', '2.bins-1.json', '3.bins-3.json']);
  });

  it('leaves touched bins to be drafted again, even if changed back', () => {
    const ledger = newLedger();
    ledger.publish();
    const file = INTO.get('bins-1')!;
    ledger.say(file);
    expect(drafted(ledger.cut())).toEqual(['bins-1@2', 'snapshot@2']);
    ledger.say(removal(file));
    expect(drafted(ledger.cut())).toEqual(['bins-1@3', 'snapshot@3']);
    expect(drafted(ledger.cut())).toEqual(['bins-1@4', 'snapshot@4']);
    ledger.sign();
    ledger.sign();
    expect(parsed(ledger, '4.bins-1.json').signed.targets).toEqual({});
    expect(drafted(ledger.cut())).toEqual(['snapshot@5']);
  });

  it('may have a complete snapshot: its timestamp dies', () => {
    const ledger = newLedger();
    ledger.publish();
    ledger.cut();
    ledger.sign();
    expect(names(ledger.openDrafts())).toEqual(['timestamp@2']);
    const [dead] = ledger.openDrafts();
    ledger.cut();
    expect(names(ledger.openDrafts())).toEqual(['snapshot@3']);
    const effects = ledger.append(
      ledger.record(ledger.signer, [{ type: 'signed', signatures: ledger.entries(dead!) }]),
    )!;
    expect(codesOf(effects)).toEqual(['draft-dead']);
    expect(ledger.published.state).toMatchObject({ state: 1 });
    ledger.sign();
    ledger.sign();
    expect(parsed(ledger, 'timestamp.json').signed.version).toBe(3);
  });

  // Bins of a dead state are drafted again by the rules; roles for which that need not hold must fall back.
  it('leaves no version of a dead draft in the next snapshot', () => {
    const ledger = newLedger();
    ledger.publish();
    ledger.cut();
    ledger.cut();
    const reader = Reader.begin(ledger.ledger, nativeCrypto);
    const state = newSnapshotState();
    const snapshots: Record<string, number>[] = [];
    ledger.values.forEach((value, position) => {
      const read = reader.next(value);
      if ('noise' in read) throw new Error('a test ledger has no noise');
      const { root, targets } = ledger.effects[position]!;
      const dead = root.cut?.state === 2 ? [{ role: 'bins-1', version: 2 }] : targets.drafted;
      const facts: SnapshotFacts = {
        ...(root.cut ? { cut: root.cut } : {}),
        drafted: dead,
        completed: targets.completed,
      };
      snapshots.push(...evolveSnapshot(state, read.step, facts, nativeCrypto).drafted.map(meta));
    });
    expect(snapshots.map(versions => versions['bins-1'])).toEqual([1, 2, 1]);
  });
});

describe('a timestamp', () => {
  it.each([
    ['bins first', ['bins-0', 'bins-1', 'bins-2', 'bins-3', 'snapshot']],
    ['the snapshot first', ['snapshot', 'bins-3', 'bins-1', 'bins-0', 'bins-2']],
    ['the snapshot between', ['bins-3', 'snapshot', 'bins-1', 'bins-0', 'bins-2']],
  ])('is drafted once all is complete: %s', (_what, order) => {
    const ledger = newLedger();
    ledger.cut();
    for (const role of order) {
      expect(only(ledger, 'timestamp')).toEqual([]);
      ledger.sign(only(ledger, role));
    }
    const [timestamp] = only(ledger, 'timestamp');
    expect(timestamp).toMatchObject({ version: 1, position: ledger.replay.state.reader.size - 1 });
    ledger.sign();
    expect(ledger.published.state).toEqual({
      state: 1,
      at: TEST_EPOCH_MS + 1000,
      cut: 2,
      position: ledger.replay.state.reader.size - 1,
      root: 1,
      rootsBefore: 1,
    });
  });

  it('is drafted in the record that completes all of it', () => {
    const ledger = newLedger();
    ledger.cut();
    ledger.sign();
    expect(drafted(ledger.effects.at(-1)!)).toEqual(['timestamp@1']);
  });
});
