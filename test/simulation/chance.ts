// Chance without a course: what comes of a draw depends on the seed, the name of its stream and its number there, never on how
// many draws others made before. So a history from which something is taken out draws the same for all that stays.

import { Random } from '../fixtures/random.js';

export class Chance {
  constructor(private readonly seed: number) {}

  /** The numbers of draw `n` in a stream. */
  at(stream: string, n: number): Random {
    return new Random(hashOf(`${this.seed}/${stream}/${n}`));
  }
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
