import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { type FactGround, Handover, type LogReader, Projector, type ServiceFold } from '#host';

/** A projector whose fold is restored when `restored` is called. */
function stage() {
  const handover = new Handover();
  let restored = () => {};
  const fold = {
    service: 'root',
    upstream: [],
    restore: () =>
      new Promise<void>(resolve => {
        restored = resolve;
      }),
  } as unknown as ServiceFold;
  const source = { query: async () => [] } as unknown as DataSource;
  const ground = { sources: { root: source }, prefix: 'tuf', handover } as unknown as FactGround;
  return { handover, projector: new Projector(fold, ground), restored: () => restored() };
}

describe('a projector that takes long to begin', () => {
  it.each([true, false])('joins the reading only while it lasts (it has ended: %s)', async hasEnded => {
    const { handover, projector, restored } = stage();
    const ending = new AbortController();
    const session = { signal: ending.signal, fail: () => undefined };
    await projector.place(session);
    const begun = projector.begin({ reader: {} } as LogReader, session);
    if (hasEnded) ending.abort();
    restored();
    if (hasEnded) await expect(begun).rejects.toThrow();
    else await begun;
    expect(handover.has('root')).toBe(!hasEnded);
    ending.abort();
  });
});
