// The digests of the last few large inputs. Two services of a process that derive the same half-megabyte snapshot need its SHA-256
// several times each; to see that an input is the one of a moment ago takes a thirtieth of hashing it again.

/** Inputs from this length on are remembered, in UTF-16 units or bytes; smaller ones are hashed faster than compared with several. */
const LARGE = 65_536;
/** How many of each kind are. */
const REMEMBERED_INPUTS = 4;

interface Known<Input, Digest> {
  readonly input: Input;
  readonly digest: Digest;
}

export class LargeDigests<Input extends string | Uint8Array, Digest> {
  /** The newest last. */
  readonly #known: Known<Input, Digest>[] = [];
  readonly #hash: (input: Input) => Digest;

  constructor(hash: (input: Input) => Digest) {
    this.#hash = hash;
  }

  /** The digest of `input`, which must not be changed afterwards. */
  of(input: Input): Digest {
    if (input.length < LARGE) return this.#hash(input);
    const found = this.#known.find(known => isSame(known.input, input));
    if (found) return found.digest;
    const digest = this.#hash(input);
    this.#known.push({ input, digest });
    if (this.#known.length > REMEMBERED_INPUTS) this.#known.shift();
    return digest;
  }
}

function isSame(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a === b || (a.length === b.length && Buffer.compare(a, b) === 0);
}
