// Text that reads the same on every runtime, for ever: the rule for all text that gets signed.
//
// Normal form C of a string depends on the runtime's Unicode version, but only where a code point is not assigned there.
// Unicode promises (Normalization Stability Policy, since 4.1): a string of characters that are all assigned in
// version V, and that is in normal form under V, is so under V and every later version. Therefore the assigned set is
// pinned here, at 15.0, and the runtime's own `normalize` decides the rest: any runtime of Unicode 15.0 or later
// (Node 20 and all current browsers) gives one answer. A younger character is refused until a rules version moves the
// pin. Surrogates and noncharacters are in no such set. Private use is: it never composes.

import { ASSIGNED_15_0 } from './unicode-table.js';

/** Where membership of the assigned set changes; the entries at even places begin a run. */
const EDGES = decodeEdges(ASSIGNED_15_0);

/** Whether `text` is in normal form C and every code point of it is assigned in Unicode 15.0. */
export function isStableText(text: string): boolean {
  if (isAscii(text)) return true;
  for (const character of text) if (!isAssigned(character.codePointAt(0)!)) return false;
  return text.normalize('NFC') === text;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Whether an odd number of edges lies at or below the code point; found by bisection. */
function isAssigned(codePoint: number): boolean {
  let low = 0;
  let high = EDGES.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (EDGES[middle]! <= codePoint) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

function decodeEdges(distances: string): Uint32Array {
  let edge = 0;
  return Uint32Array.from(distances.split(' '), distance => {
    edge += Number.parseInt(distance, 36);
    return edge;
  });
}
