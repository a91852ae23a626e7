// The log as one process reaches it: the memory adapter with the product's own appender, and between them what brokers and
// networks do.

import type { MemoryTopic } from '#log';
import {
  APPENDER_LIMITS,
  type Log,
  type LogEntry,
  LogError,
  MemoryLog,
  type ReadFault,
  type ReadLimit,
  type SendFault,
} from '#log';
import type { Access } from './access.js';

const SEND_FAULTS: readonly SendFault[] = [
  'refused',
  'unacknowledged',
  'late',
  'cut short',
  'phantom',
  'twice',
];
const READ_FAULTS: readonly ReadFault[] = ['failed', 'short', 'behind'];
/** Fewer than in production, so that histories see appends fail for good. */
const LIMITS = { ...APPENDER_LIMITS, sends: 2, reads: 3 };

export class SimulatedLog implements Log {
  private readonly inner: MemoryLog;

  constructor(
    private readonly topic: MemoryTopic,
    private readonly access: Access,
  ) {
    this.inner = this.open();
  }

  async append(values: readonly Uint8Array[]): Promise<readonly number[]> {
    return this.inner.append(values);
  }

  async read(from: number, limit: ReadLimit): Promise<readonly LogEntry[]> {
    const look = () => this.inner.read(from, { ...limit, waitMs: 0 });
    const entries = await look();
    if (entries.length > 0 || limit.waitMs === 0 || limit.signal?.aborted) return entries;
    await this.news(from, limit);
    return look();
  }

  async bounds(): Promise<{ start: number; end: number }> {
    await this.access.do('log bounds', fault => failing(fault), { kinds: ['failed'] as const });
    return this.inner.bounds();
  }

  async close(): Promise<void> {}

  /** Resolves when the log has something at or after `from`, the wait is over, or the signal aborts. */
  private news(from: number, { waitMs, signal }: ReadLimit): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        over = true;
        resolve();
      };
      let over = false;
      const timer = setTimeout(done, waitMs);
      signal?.addEventListener('abort', done, { once: true });
      // When the wait has ended otherwise, this turn is idle.
      const isHeld = () => !over && this.topic.end <= from;
      void this.access.news('log news', isHeld).then(done);
    });
  }

  private open(): MemoryLog {
    const ask =
      <K extends string>(label: string, kinds: readonly K[]) =>
      () =>
        this.access.do<K | undefined, K>(label, fault => fault, { kinds });
    return new MemoryLog(
      this.topic,
      {
        sends: ask('log send', SEND_FAULTS),
        tails: ask('log tail', READ_FAULTS),
        reads: ask('log read', READ_FAULTS),
      },
      LIMITS,
    );
  }
}

function failing(fault: 'failed' | undefined): void {
  if (fault) throw new LogError('log-unavailable', 'The bounds of the log could not be read.');
}
