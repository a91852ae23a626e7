// Signing goes on beside the fold, so that whoever shares the reading does not wait for keys, disk and log. One round runs at a
// time; what was folded during it is looked at in the next.

export class Signing {
  private running: Promise<void> | undefined;
  private woken = false;

  /** `round` signs what is open and gives whether it did anything; `fail` is told of the error that ended the signing. */
  constructor(
    private readonly round: () => Promise<boolean>,
    private readonly signal: AbortSignal,
    private readonly fail: (error: Error) => void,
  ) {}

  /** The fold has moved: looks whether there is something to sign. */
  wake(): void {
    this.woken = true;
    this.running ??= this.run();
  }

  /** Resolves when no round runs. */
  async ended(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // So that it never ends before `running` is set.
    await Promise.resolve();
    try {
      while (this.woken && !this.signal.aborted) {
        this.woken = false;
        if (await this.round()) this.woken = true;
      }
    } catch (error) {
      this.fail(error as Error);
    } finally {
      // In the same turn as the last look at `woken`, so that no wake-up falls between.
      this.running = undefined;
    }
  }
}
