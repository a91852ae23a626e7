/** What has to be ended, in the reverse of the order in which it was begun. */
export class Endings {
  private readonly ends: (() => Promise<unknown>)[] = [];

  add(end: () => Promise<unknown>): void {
    this.ends.push(end);
  }

  /** Ends everything, even where one end fails. @throws the first error of an end. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.ends.splice(0).reverse()) await end().catch(error => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
