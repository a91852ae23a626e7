import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginReplay, type Effects, evolveStep, Published, Reader, type ReplayState } from '#projection';
import { nativeCrypto } from '#signing';
import { fromUtf8, type Json, utf8 } from '#tuf';
import { outcomesOf } from '../fixtures/outcomes.js';
import { TestLedger } from '../fixtures/test-ledger.js';
import { refresh } from './plain-client.js';
import { action, fuzzedEvent, play } from './random-history.js';
import { recordingOf, wholeEntry } from './recording.js';

const crypto = nativeCrypto;
const history = fc.array(action, { minLength: 5, maxLength: 30 }).map(play);
const record = (ledger: string, values: readonly Uint8Array[]) =>
  recordingOf(ledger, values, 'whole', crypto);

/** The states as another process would get them: nothing shared with those they were made of. */
function restarted(state: ReplayState): ReplayState {
  const { root, targets, snapshot, timestamp } = structuredClone({ ...state, reader: undefined });
  return { reader: Reader.resume(state.reader.save(), crypto), root, targets, snapshot, timestamp };
}

/** Replays values, starting anew from saved states before each value of which `restarts` is true. */
function withRestarts(ledger: string, values: readonly Uint8Array[], restarts: (index: number) => boolean) {
  let state = beginReplay(ledger, crypto);
  const published = new Published();
  const log: Json[] = [];
  values.forEach((value, index) => {
    if (restarts(index)) state = restarted(state);
    const read = state.reader.next(value);
    if ('noise' in read) return;
    if (read.step.position === 0) for (const bin of [0, 1]) state.targets.contents.set(bin, new Map());
    const effects = evolveStep(state, read.step, crypto);
    log.push(wholeEntry(value, effects, published.take(effects), crypto) as unknown as Json);
  });
  return { log, rootHash: state.reader.rootHash };
}

const isRecord = (entry: object): boolean => !('noise' in entry);

describe('any history', () => {
  it('comes to the same from any point of restart', () => {
    fc.assert(
      fc.property(history, fc.func(fc.boolean()), ({ ledger, values }, restarts) => {
        const { log, rootHash } = record(ledger, values);
        const again = withRestarts(ledger, values, index => index > 0 && restarts(index));
        expect(again).toEqual({ log: log.filter(isRecord), rootHash });
      }),
      { numRuns: 40 },
    );
  });

  const between = fc.array(
    fc.record({
      at: fc.nat(),
      what: fc.oneof(
        fc.record({ again: fc.nat() }),
        fc.record({ noise: fc.uint8Array({ maxLength: 40 }) }),
        fc.record({ bent: fc.nat(), byte: fc.nat() }),
      ),
    }),
    { minLength: 1, maxLength: 12 },
  );

  it('comes to the same with records delivered again and noise between, wherever they stand', () => {
    fc.assert(
      fc.property(history, between, ({ ledger, values }, extras) => {
        const { log, ...rest } = record(ledger, values);
        const disturbed = values.map(value => [value]);
        for (const { at, what } of extras) {
          const index = at % values.length;
          const before = values.slice(0, index + 1).filter((_, i) => isRecord(log[i]!));
          disturbed[index]!.push(disturbance(before, what));
        }
        const { log: longer, ...others } = record(ledger, disturbed.flat());
        expect(longer.filter(isRecord)).toEqual(log.filter(isRecord));
        expect(others).toEqual(rest);
      }),
      { numRuns: 40 },
    );
  });

  it('decides every event, and every entry of signed, exactly once', () => {
    fc.assert(
      fc.property(history, ({ effects }) => {
        for (const effect of effects) expect(placesOf(effect)).toEqual(expectedPlaces(effect));
      }),
      { numRuns: 40 },
    );
  });

  it('publishes states that a client verifies, with the targets that were accepted before their cuts', () => {
    let [states, rotated] = [0, 0];
    fc.assert(
      fc.property(history, ({ effects }) => {
        const published = new Published();
        const model = new Map<string, Json>();
        const atCut = new Map<number, Record<string, Json>>();
        let shown = 1;
        for (const effect of effects) {
          published.take(effect);
          accept(model, effect);
          if (effect.root.cut) atCut.set(effect.root.cut.state, Object.fromEntries(model));
          const { state } = effect.timestamp;
          if (!state) continue;
          states++;
          // Also before those roots are there that come after the state.
          for (
            let root = Math.max(shown, Math.min(state.rootsBefore, state.root));
            root <= state.root;
            root++
          ) {
            const { version, targets } = refresh(published.files, 1, root);
            expect([version, targets]).toEqual([state.state, atCut.get(state.state)]);
          }
          if (state.root > shown) rotated++;
          shown = state.root;
        }
      }),
      { numRuns: 40 },
    );
    expect(states).toBeGreaterThan(20);
    expect(rotated).toBeGreaterThan(0);
  });
});

/** A value that is noise behind the records `before`: one of them again, or one that was bent, or bytes. */
function disturbance(
  before: readonly Uint8Array[],
  what: { again: number } | { noise: Uint8Array } | { bent: number; byte: number },
): Uint8Array {
  if ('noise' in what) return what.noise;
  if ('again' in what) return before[what.again % before.length]!;
  const value = before[what.bent % before.length]!;
  const bent = value.slice();
  bent[what.byte % value.length]! ^= 1;
  return bent;
}

const placesOf = (effect: Effects): string[] =>
  outcomesOf(effect).map(({ event, entry }) => (entry === undefined ? `${event}` : `${event}.${entry}`));

function expectedPlaces({ step }: Effects): string[] {
  return step.events.flatMap((placed, event) => {
    if (placed.owner !== 'role' || placed.event.type !== 'signed') return [`${event}`];
    return placed.event.signatures.map((_, entry) => `${event}.${entry}`);
  });
}

/** Tells a plain map of paths what a record's accepted events say. */
function accept(model: Map<string, Json>, { step, targets }: Effects): void {
  const accepted = new Set(
    targets.outcomes.filter(({ verdict }) => verdict.result === 'applied').map(({ event }) => event),
  );
  step.events.forEach((placed, index) => {
    if (!accepted.has(index)) return;
    if (placed.owner === 'project') {
      for (const path of model.keys()) if (path.split('/')[0] === placed.event.project) model.delete(path);
    }
    if (placed.owner !== 'bin') return;
    const { event, path } = placed;
    const { custom: _before, ...plain } = (model.get(path) ?? {}) as { [name: string]: Json };
    if (event.type === 'file.uploaded')
      model.set(path, { length: event.length, hashes: { ...event.hashes } });
    if (event.type === 'file.yanked') model.set(path, { ...plain, custom: { yanked: event.reason ?? true } });
    if (event.type === 'file.unyanked') model.set(path, plain);
    if (event.type === 'file.removed') model.delete(path);
  });
}

describe('any event in a well-signed record', () => {
  const events = fc.array(fuzzedEvent, { minLength: 1, maxLength: 8 });

  it.each(['gateway', 'scheduler', 'administrators'] as const)('by %s never makes a fold throw', writer => {
    fc.assert(
      fc.property(events, fc.boolean(), (events, open) => {
        const ledger = new TestLedger({ count: 2, crypto });
        if (open) {
          ledger.open();
          ledger.cut();
        }
        const effects = ledger.append(ledger.record(ledger[writer], events))!;
        expect(placesOf(effects)).toEqual(expectedPlaces(effects));
      }),
      { numRuns: 100 },
    );
  });

  it('never makes a fold throw under the path rule free', () => {
    fc.assert(
      fc.property(events, events => {
        const ledger = new TestLedger({ count: 2, crypto, pathRule: 'free' }).open();
        const effects = ledger.append(ledger.record(ledger.gateway, events))!;
        expect(placesOf(effects)).toEqual(expectedPlaces(effects));
      }),
      { numRuns: 100 },
    );
  });

  it('never makes a reader throw where the value is a mutilated record', () => {
    const ledger = new TestLedger({ count: 2, crypto }).open();
    const good = fromUtf8(
      ledger.record(ledger.gateway, [{ type: 'file.removed', project: 'a', filename: 'b' }]),
    );
    const saved = ledger.replay.state.reader.save();
    const cut = fc.tuple(fc.nat(good.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 20 }));
    fc.assert(
      fc.property(cut, ([at, length, text]) => {
        const mutilated = good.slice(0, at) + text + good.slice(at + length);
        const read = Reader.resume(saved, crypto).next(utf8(mutilated));
        expect('noise' in read).toBe(mutilated !== good);
      }),
      { numRuns: 600 },
    );
  });
});
