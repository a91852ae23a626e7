import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileEvent } from '#ledger';
import type { IndexFile } from '../src/page.js';
import { type Plan, planImport } from '../src/plan.js';
import { uploadOrder } from '../src/upload-order.js';
import { FileLedger } from './file-ledger.js';
import { readRealPages } from './real-pages.js';

function planFor(files: readonly IndexFile[], ledger: FileLedger): Plan {
  return planImport(files, ledger.held());
}

function apply(ledger: FileLedger, events: readonly FileEvent[]): string[] {
  return events.map(event => ledger.apply(event).result);
}

function file(name: string, digit: string, yanked?: string | true): IndexFile {
  const target = { project: 'p', filename: name };
  const upload = {
    type: 'file.uploaded',
    ...target,
    length: 1,
    hashes: { sha256: digit.repeat(64) },
  } as const;
  if (yanked === undefined) return { path: `p/${name}`, upload };
  const yank = { type: 'file.yanked', ...target, ...(yanked !== true && { reason: yanked }) } as const;
  return { path: `p/${name}`, upload, yank };
}

// Few names, contents and reasons, so that index and ledger often meet.
const anyFile = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    digit: fc.constantFrom('0', '0', '0', '1'),
    yanked: fc.constantFrom(undefined, undefined, true as const, 'x', 'y'),
  })
  .map(({ name, digit, yanked }) => file(name, digit, yanked));
const anyIndex = fc.uniqueArray(anyFile, { selector: ({ path }) => path });
const anyLedger = fc.array(fc.tuple(anyFile, fc.boolean())).map(files => {
  const ledger = new FileLedger();
  for (const [{ upload, yank }, removed] of files) {
    apply(ledger, yank ? [upload, yank] : [upload]);
    if (removed) apply(ledger, [{ type: 'file.removed', project: 'p', filename: upload.filename! }]);
  }
  return ledger;
});

describe('a plan', () => {
  it('once applied leaves nothing to plan, and every event of it changes something', () => {
    fc.assert(
      fc.property(anyIndex, anyLedger, (files, ledger) => {
        const plan = planFor(files, ledger);
        expect(apply(ledger, plan.events).every(result => result === 'applied')).toBe(true);
        const again = planFor(files, ledger);
        expect(again.events).toEqual([]);
        expect(again.conflicts).toEqual(plan.conflicts);
        expect(again.alreadyThere + again.conflicts.length).toBe(files.length);
      }),
    );
  });

  it('that stopped anywhere goes on there', () => {
    fc.assert(
      fc.property(anyIndex, anyLedger, fc.nat(), (files, ledger, point) => {
        const { events } = planFor(files, ledger);
        const stop = point % (events.length + 1);
        apply(ledger, events.slice(0, stop));
        expect(planFor(files, ledger).events).toEqual(events.slice(stop));
      }),
    );
  });

  it('takes a retried request without change', () => {
    fc.assert(
      fc.property(anyIndex, anyLedger, (files, ledger) => {
        const { events } = planFor(files, ledger);
        const uploads = events.filter(event => event.type === 'file.uploaded');
        apply(ledger, events);
        expect(apply(ledger, uploads).every(result => result === 'unchanged')).toBe(true);
      }),
    );
  });

  it('marks what is there already', () => {
    const ledger = new FileLedger();
    apply(
      ledger,
      planFor([file('a', '0'), file('b', '0', 'old'), file('c', '0', true), file('d', '0')], ledger).events,
    );
    const plan = planFor(
      [file('a', '0', 'x'), file('b', '0', 'new'), file('c', '0'), file('d', '0')],
      ledger,
    );
    expect(plan).toEqual({
      events: [
        { type: 'file.yanked', project: 'p', filename: 'a', reason: 'x' },
        { type: 'file.yanked', project: 'p', filename: 'b', reason: 'new' },
        { type: 'file.unyanked', project: 'p', filename: 'c' },
      ],
      conflicts: [],
      alreadyThere: 1,
    });
  });

  it('sends nothing for a file with other content, or removed', () => {
    const ledger = new FileLedger();
    apply(ledger, planFor([file('a', '0'), file('b', '0')], ledger).events);
    apply(ledger, [{ type: 'file.removed', project: 'p', filename: 'b' }]);
    const { events, conflicts } = planFor([file('a', '1', 'x'), file('b', '0')], ledger);
    expect(events).toEqual([]);
    expect(conflicts).toMatchObject([
      { path: 'p/a', code: 'other-content' },
      { path: 'p/b', code: 'removed' },
    ]);
  });

  it('of twelve real projects uploads every file and yanks directly after', async () => {
    const { files } = uploadOrder(await readRealPages());
    const { events } = planImport(files, new Map());
    expect(events.map(({ type }) => type).filter(type => type === 'file.yanked')).toHaveLength(179);
    expect(events).toHaveLength(10_220);
    for (const [index, event] of events.entries()) {
      if (event.type !== 'file.yanked') continue;
      expect(events[index - 1]).toMatchObject({
        type: 'file.uploaded',
        project: event.project,
        filename: event.filename,
      });
    }
    const ledger = new FileLedger();
    apply(ledger, events.slice(0, 5_000));
    expect(planFor(files, ledger).events).toEqual(events.slice(5_000));
  });
});
