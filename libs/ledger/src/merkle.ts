// The Merkle tree of the log (RFC 6962 2.1): leaf = SHA-256(0x00 || value), node = SHA-256(0x01 || left || right), and the
// root of no leaves is SHA-256 of nothing. Only the frontier is kept, the roots of the perfect subtrees that the prefix
// consists of, largest first: one per bit of its size, enough to append and to reckon the root.

import { type Crypto, concatBytes, fromHex, toHex } from '#tuf';

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** A prefix of the log as a tree: its size in records, and the roots of its perfect subtrees (32 bytes each). */
export interface Frontier {
  readonly size: number;
  readonly subtrees: readonly Uint8Array[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, subtrees: [] };

/** The hash of a leaf, from the exact bytes of a record's value. */
export function leafHash(value: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.sha256(concatBytes(LEAF_PREFIX, value));
}

function nodeHash(left: Uint8Array, right: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.sha256(concatBytes(NODE_PREFIX, left, right));
}

/** The frontier with one leaf more. Subtrees of equal size merge, as carries do when a binary number grows by one. */
export function appendLeaf(frontier: Frontier, leaf: Uint8Array, crypto: Crypto): Frontier {
  const subtrees = [...frontier.subtrees];
  let node = leaf;
  // Division, not shifts: a size may exceed 32 bits.
  for (let carry = frontier.size; carry % 2 === 1; carry = (carry - 1) / 2) {
    node = nodeHash(subtrees.pop()!, node, crypto);
  }
  subtrees.push(node);
  return { size: frontier.size + 1, subtrees };
}

/** The root of the tree (32 bytes): the subtrees joined from the smallest up. */
export function treeRoot(frontier: Frontier, crypto: Crypto): Uint8Array {
  const { subtrees } = frontier;
  if (subtrees.length === 0) return crypto.sha256(new Uint8Array());
  return subtrees.reduceRight((right, left) => nodeHash(left, right, crypto));
}

/** A frontier as JSON, for a projection's progress. */
export function frontierJson(frontier: Frontier): { size: number; subtrees: string[] } {
  return { size: frontier.size, subtrees: frontier.subtrees.map(toHex) };
}

/** The frontier of frontierJson. */
export function frontierOf(json: { size: number; subtrees: readonly string[] }): Frontier {
  return { size: json.size, subtrees: json.subtrees.map(fromHex) };
}
