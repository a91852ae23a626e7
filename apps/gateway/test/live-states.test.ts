import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Batch, Handover, type LogReader, type Session } from '#host';
import type { CompleteState, CutNeeds, RootState } from '#projection';
import { LiveStates } from '../src/live-states.js';
import type { KnownStates, StoredStates } from '../src/state-watch.js';

/** What a record is said to have done: something about files, a cut, a state's last signature, or something else. */
type Said = 'file' | 'cut' | 'complete' | 'other';

const WAIT_MS = 30_000;
const session = { signal: new AbortController().signal, fail: () => undefined } satisfies Session;
const cutAt = (position: number) => ({ lastCut: { state: position, position } }) as RootState;
const stateAt = (position: number): CompleteState => ({
  state: position,
  at: 0,
  cut: position - 1,
  position,
  root: 1,
  rootsBefore: 1,
});

/** States over projectors that hand over what each record is said to have done. */
async function stage(known: KnownStates = {}) {
  const handover = new Handover();
  let position = 0;
  const stored = { through: async () => undefined, look: async () => known, mark: () => 'stored' };
  const repository = new EventEmitter<{ published: [] }>();
  const served = { published: undefined as CompleteState | undefined };
  const states = new LiveStates(handover, stored as unknown as StoredStates, async () => undefined, {
    get published() {
      return served.published;
    },
    onPublished: published => void repository.on('published', published),
  });
  const serve = (state: CompleteState) => {
    served.published = state;
    repository.emit('published');
  };
  await states.begin({ reader: { size: 0 } } as LogReader, session);
  const take = (said: readonly Said[], needs?: CutNeeds) => {
    const records = said.map(what => ({ what, position: position++ }));
    const steps = records.map(({ what, position }) => ({
      position,
      events: [{ owner: 'role' }, ...(what.includes('file') ? [{ owner: 'bin' }, { owner: 'bin' }] : [])],
    })) as unknown as Batch['steps'];
    const of = (part: string) =>
      records.filter(({ what }) => what.includes(part)).map(({ position }) => position);
    const nothing = { outcomes: [], drafted: [], completed: [] };
    const root = of('cut').map(cutAt).at(-1);
    handover.tell('root', steps, { ...nothing, ...(root && { root }) });
    handover.tell('targets', steps, { ...nothing, ...(needs && { needs }) });
    handover.tell('timestamp', steps, { ...nothing, states: of('complete').map(stateAt) });
    return states.take({ steps, offsets: [], noise: [] });
  };
  return { states, take, serve };
}

describe('what the scheduler of cuts looks at, as projectors hand it over', () => {
  it('begins with what is stored, and goes on with what is told', async () => {
    const known: KnownStates = { root: cutAt(5), complete: stateAt(6), needs: { changed: 3 } };
    const { states, take } = await stage(known);
    expect(await states.look()).toEqual(known);
    await take(['file'], { changed: 0 });
    expect(await states.look()).toMatchObject({ ...known, needs: { changed: 0 } });
    await take(['cut', 'complete', 'cut', 'complete']);
    expect(await states.look()).toMatchObject({
      root: { lastCut: { state: 3 } },
      complete: { state: 4 },
      needs: { changed: 0 },
    });
  });

  it('tells those who wait of records, of its end, and of nothing else', async () => {
    const { states, take } = await stage();
    const ending = new AbortController();
    let told = 0;
    const wait = () => states.nextChange(ending.signal, WAIT_MS).then(() => ++told);
    const first = wait();
    const mark = states.mark();
    await take([]);
    expect([states.mark(), told]).toEqual([mark, 0]);
    await take(['other']);
    await first;
    expect(states.mark()).not.toBe(mark);
    const second = wait();
    await states.end();
    await second;
    expect([told, states.mark()]).toEqual([2, 'stored']);
  });

  it('tells which state is served, and of each change of it', async () => {
    const { states, serve } = await stage();
    const waiting = states.nextChange(session.signal, WAIT_MS);
    serve(stateAt(7));
    await waiting;
    expect(await states.look()).toMatchObject({ served: 7 });
  });

  it('wakes at the end of the waiting time and of the one who waits', async () => {
    const { states } = await stage();
    await states.nextChange(new AbortController().signal, 1);
    await states.nextChange(AbortSignal.abort(), WAIT_MS);
  });
});
