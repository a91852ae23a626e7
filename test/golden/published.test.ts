import { describe, expect, it } from 'vitest';
import { Published, Reader } from '#projection';
import { nativeCrypto } from '#signing';
import { HISTORIES } from './histories.js';
import { refresh } from './plain-client.js';

describe.each(HISTORIES)('a client of the history $name', ({ build }) => {
  const { effects, values, ledger, published } = build();

  it('verifies every complete state, and no version ever goes down', () => {
    const files = new Published();
    let versions: Readonly<Record<string, number>> = {};
    let shown = 1;
    for (const effect of effects) {
      files.take(effect);
      const { state } = effect.timestamp;
      if (!state) continue;
      const view = refresh(files.files, 1, state.root);
      expect(view.version).toBe(state.state);
      expect(view.snapshot.size).toBe(state.cut + 1);
      // Whichever root an installation began with, and before those are there that come after the state.
      for (let root = 1; root <= state.root; root++)
        expect(refresh(files.files, root, state.root)).toEqual(view);
      for (let root = Math.max(shown, state.rootsBefore); root < state.root; root++)
        expect(refresh(files.files, 1, root)).toEqual(view);
      shown = state.root;
      for (const [role, version] of Object.entries(versions))
        expect(view.versions[role]).toBeGreaterThanOrEqual(version);
      versions = view.versions;
    }
    expect(files.state).toBeDefined();
    expect(refresh(published.files, 1, files.state!.root).version).toBe(files.state!.state);
  });

  it('is told the Merkle root of exactly the prefix that its state comes from', () => {
    const { size, rootHash } = refresh(published.files, 1, published.state!.root).snapshot;
    const reader = Reader.begin(ledger, nativeCrypto);
    for (const value of values) {
      if (reader.size === size) break;
      reader.next(value);
    }
    expect([reader.size, reader.rootHash]).toEqual([size, rootHash]);
  });
});
