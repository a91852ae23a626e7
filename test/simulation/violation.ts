/** What must never happen and did. `check` names the promise that was broken. */
export class Violation extends Error {
  constructor(
    readonly check: string,
    message: string,
  ) {
    super(message);
    this.name = 'Violation';
  }
}

/** @throws Violation where it does not hold. */
export function demand(holds: boolean, check: string, message: () => string): asserts holds {
  if (!holds) throw new Violation(check, message());
}
