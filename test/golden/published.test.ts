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
    for (const effect of effects) {
      files.take(effect);
      const { state } = effect.timestamp;
      if (!state) continue;
      const view = refresh(files.files);
      expect(view.version).toBe(state.state);
      expect(view.snapshot.size).toBe(state.cut + 1);
      for (const [role, version] of Object.entries(versions))
        expect(view.versions[role]).toBeGreaterThanOrEqual(version);
      versions = view.versions;
    }
    expect(files.state).toBeDefined();
    expect(refresh(published.files).version).toBe(files.state!.state);
  });

  it('is told the Merkle root of exactly the prefix that its state comes from', () => {
    const { size, rootHash } = refresh(published.files).snapshot;
    const reader = Reader.begin(ledger, nativeCrypto);
    for (const value of values) {
      if (reader.size === size) break;
      reader.next(value);
    }
    expect([reader.size, reader.rootHash]).toEqual([size, rootHash]);
  });
});
