// A log that may not be there yet: what is made of it can be made before it is opened. Until then whatever is asked of it fails as
// it does while a log is away.

import { type Log, type LogBounds, type LogEntry, LogError, type ReadLimit } from '#log';

export class AwaitedLog implements Log {
  /** Appends that failed, by code, since the start. */
  readonly appendErrors = new Map<string, number>();
  /** The end of the log as it was last told. */
  end = 0;
  private log: Log | undefined;
  private absence: unknown = new LogError('log-unavailable', 'The log has not been opened yet.');

  constructor(private readonly openLog: () => Promise<Log>) {}

  /** Tries to open it once. @throws as `openLog` does. */
  async open(): Promise<void> {
    try {
      this.log ??= await this.openLog();
    } catch (error) {
      this.absence = error;
      throw error;
    }
  }

  async append(values: readonly Uint8Array[]): Promise<readonly number[]> {
    try {
      return await this.opened.append(values);
    } catch (error) {
      const code = error instanceof LogError ? error.code : 'internal';
      this.appendErrors.set(code, (this.appendErrors.get(code) ?? 0) + 1);
      throw error;
    }
  }

  async read(from: number, limit: ReadLimit): Promise<readonly LogEntry[]> {
    return this.opened.read(from, limit);
  }

  async bounds(): Promise<LogBounds> {
    const bounds = await this.opened.bounds();
    this.end = bounds.end;
    return bounds;
  }

  async close(): Promise<void> {
    await this.log?.close();
  }

  private get opened(): Log {
    if (this.log) return this.log;
    throw this.absence;
  }
}
