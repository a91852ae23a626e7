import { describe, expect, it } from 'vitest';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  type Frontier,
  frontierJson,
  frontierOf,
  leafHash,
  treeRoot,
} from '#ledger';
import { concatBytes, fromHex, portableCrypto, toHex } from '#tuf';

const crypto = portableCrypto;

// The leaves and roots that the Certificate Transparency code bases test RFC 6962 2.1 with.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const append = (frontier: Frontier, leaf: Uint8Array): Frontier =>
  appendLeaf(frontier, leafHash(leaf, crypto), crypto);

/** MTH of RFC 6962 2.1, as it is written there. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return crypto.sha256(new Uint8Array());
  if (leaves.length === 1) return crypto.sha256(concatBytes(Uint8Array.of(0), leaves[0]!));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return crypto.sha256(
    concatBytes(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split))),
  );
}

describe('the Merkle tree of the log', () => {
  it('has the roots of the RFC 6962 test leaves, of none to all eight', () => {
    let frontier = EMPTY_FRONTIER;
    const roots = [toHex(treeRoot(frontier, crypto))];
    for (const leaf of LEAVES) {
      frontier = append(frontier, fromHex(leaf));
      roots.push(toHex(treeRoot(frontier, crypto)));
    }
    expect(roots).toEqual(ROOTS);
    expect(frontier.size).toBe(8);
  });

  it('has the root of the recursive definition, for 0 to 300 leaves', () => {
    const leaves: Uint8Array[] = [];
    let frontier = EMPTY_FRONTIER;
    for (let size = 0; size <= 300; size++) {
      expect(toHex(treeRoot(frontier, crypto))).toBe(toHex(rootOf(leaves)));
      expect(frontier.subtrees).toHaveLength(size.toString(2).replaceAll('0', '').length);
      const leaf = Uint8Array.of(size >> 8, size & 255);
      leaves.push(leaf);
      frontier = append(frontier, leaf);
    }
  });

  it('goes on from its JSON', () => {
    let frontier = EMPTY_FRONTIER;
    for (const leaf of LEAVES) {
      frontier = append(frontierOf(JSON.parse(JSON.stringify(frontierJson(frontier)))), fromHex(leaf));
    }
    expect(toHex(treeRoot(frontier, crypto))).toBe(ROOTS[8]);
  });

  it('leaves the frontier before as it was', () => {
    const three = ['a', 'b', 'c'].map(text => new TextEncoder().encode(text)).reduce(append, EMPTY_FRONTIER);
    const before = toHex(treeRoot(three, crypto));
    append(three, fromHex('00'));
    expect(toHex(treeRoot(three, crypto))).toBe(before);
  });

  it('carries past 32 bits', () => {
    const subtrees = Array.from({ length: 33 }, (_, i) => new Uint8Array(32).fill(i));
    const full = { size: 2 ** 33 - 1, subtrees };
    expect(appendLeaf(full, new Uint8Array(32), crypto).subtrees).toHaveLength(1);
    expect(
      appendLeaf({ size: 2 ** 33, subtrees: [subtrees[0]!] }, new Uint8Array(32), crypto).subtrees,
    ).toHaveLength(2);
  });
});
