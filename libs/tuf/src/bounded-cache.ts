/** Remembers what was made for a text, up to a number of entries; then the oldest goes. Failures are not remembered. */
export class BoundedCache<Value> {
  readonly #values = new Map<string, Value>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** The value kept under `name`, else what `make` returns. What `make` throws is thrown. */
  get(name: string, make: () => Value): Value {
    const kept = this.#values.get(name);
    if (kept !== undefined) return kept;
    const made = make();
    if (this.#values.size >= this.#maxEntries) this.#values.delete(this.#values.keys().next().value!);
    this.#values.set(name, made);
    return made;
  }
}
