// Events into the log under the gateway's own key and stream. One batch of records is in flight; requests that come meanwhile are
// gathered into the next one. The records of a request stand in its order, and a request is answered when each of them was seen
// as a record, at its position ("read back means seen as a record").
//
// A record can become noise only because of its sequence number: a value of this stream's past that landed late, or another
// process that writes to the same stream by mistake. Then its events go under new numbers, and so do those of the request that
// stood after them, even where they got in: so the order of a request holds, and by natural idempotence (DESIGN law 6) nothing
// happens twice. Until a record was admitted, one is sent at a time, so that a start never meets with this more than once.

import type { NoiseReason, RawEvent } from '#ledger';
import { APPENDER_LIMITS } from '#log';
import type { Fate, LogTail } from './log-tail.js';
import type { PublisherIdentity } from './parts.js';
import { Problem } from './problem.js';
import { type RecordPlan, RecordSealer } from './record-sealing.js';

/** Events that may wait to be appended, over all requests. */
export const MAX_QUEUED_EVENTS = 50_000;
/** Bytes of values in one batch, and records in it. */
const BATCH_BYTES = APPENDER_LIMITS.batchBytes;
const BATCH_RECORDS = 512;
/** How often the records of one request go under new sequence numbers. */
const MAX_RESEALS = 5;

/** Where an event stands: its record's position, and its index there. */
export interface EventPlace {
  readonly position: number;
  readonly event: number;
}

/** A request on its way into the log; the first `positions.length` of `records` are there. */
interface Job {
  readonly records: readonly RecordPlan[];
  readonly positions: number[];
  readonly resolve: (places: EventPlace[]) => void;
  readonly reject: (error: unknown) => void;
  reseals: number;
}

/** Records of one job, from `first` on, that are sent in one batch. */
interface Part {
  readonly job: Job;
  readonly records: readonly RecordPlan[];
}

export class Publisher {
  private readonly sealer: RecordSealer;
  private readonly jobs: Job[] = [];
  private queued = 0;
  private lastSeq = 0;
  /** Whether the last batch was admitted wholly, so that the stream is known to be this process's own. */
  private settled = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly tail: LogTail,
    private readonly identity: PublisherIdentity,
    ledger: string,
  ) {
    this.sealer = new RecordSealer(identity, ledger);
  }

  /** Events that wait to be appended or are on their way. */
  get queuedEvents(): number {
    return this.queued;
  }

  /** How many records the log held when its end as of the start was reached, or a little later. */
  async sizeAtStart(): Promise<number> {
    await this.tail.caughtUp();
    return this.tail.size;
  }

  /**
   * Appends events in their order; gives the place of each.
   * @throws Problem `busy`, `ledger-not-open`, `publisher-revoked`, `publisher-streams`, `publisher-raced`, `stopping`; LedgerError
   * `record-too-large`; LogError. After `busy` and `record-too-large` nothing was appended, after the others perhaps something.
   */
  async publish(events: readonly RawEvent[]): Promise<EventPlace[]> {
    if (this.queued + events.length > MAX_QUEUED_EVENTS) {
      throw new Problem(
        'busy',
        `${this.queued} events wait to be appended; at most ${MAX_QUEUED_EVENTS} may. Nothing of this request was appended.`,
      );
    }
    const records = this.sealer.plan(events);
    this.queued += events.length;
    try {
      return await new Promise<EventPlace[]>((resolve, reject) => {
        this.jobs.push({ records, positions: [], resolve, reject, reseals: 0 });
        this.running ??= this.run();
      });
    } finally {
      this.queued -= events.length;
    }
  }

  private async run(): Promise<void> {
    while (this.jobs.length > 0) {
      const parts = this.takeBatch();
      try {
        await this.tail.caughtUp();
        await this.send(parts);
      } catch (error) {
        for (const { job } of parts) this.finish(job, () => job.reject(error));
      }
    }
    this.running = undefined;
  }

  /** What the next batch consists of, in the order of the requests. */
  private takeBatch(): Part[] {
    const parts: Part[] = [];
    let room = this.settled ? BATCH_RECORDS : 1;
    let bytes = BATCH_BYTES;
    for (const job of this.jobs) {
      const records: RecordPlan[] = [];
      for (const record of job.records.slice(job.positions.length)) {
        if (room === 0 || record.bytes > bytes) break;
        records.push(record);
        room--;
        bytes -= record.bytes;
      }
      if (records.length > 0) parts.push({ job, records });
      if (records.length < job.records.length - job.positions.length) break;
    }
    return parts;
  }

  private async send(parts: readonly Part[]): Promise<void> {
    const v = this.requireEnrolled();
    const records = parts.flatMap(part => part.records);
    const values = await Promise.all(
      records.map(record => this.sealer.seal(record, { seq: this.nextSeq(), v })),
    );
    const fates = await this.tail.append(values);
    this.settled = fates.every(fate => 'position' in fate);
    let at = 0;
    for (const { job, records } of parts) {
      this.settle(job, fates.slice(at, at + records.length));
      at += records.length;
    }
  }

  /** The version of the active rules, in which records are written. */
  private requireEnrolled(): number {
    const { authority } = this.tail;
    if (!authority)
      throw new Problem('ledger-not-open', 'The log holds no opening record of this ledger yet.');
    if (!authority.publishers.has(this.identity.key.keyid)) throw this.refusal('publisher-unknown');
    return authority.rules;
  }

  private nextSeq(): number {
    const { key, stream } = this.identity;
    const admitted = this.tail.authority?.sequences.get(key.keyid)?.get(stream) ?? 0;
    this.lastSeq = Math.max(this.lastSeq, admitted) + 1;
    return this.lastSeq;
  }

  private settle(job: Job, fates: readonly Fate[]): void {
    for (const fate of fates) {
      if ('position' in fate) {
        job.positions.push(fate.position);
      } else if (fate.noise === 'sequence' && ++job.reseals <= MAX_RESEALS) {
        return;
      } else {
        this.finish(job, () => job.reject(this.refusal(fate.noise)));
        return;
      }
    }
    if (job.positions.length === job.records.length) this.finish(job, () => job.resolve(placesOf(job)));
  }

  private finish(job: Job, tell: () => void): void {
    const index = this.jobs.indexOf(job);
    if (index >= 0) this.jobs.splice(index, 1);
    tell();
  }

  private refusal(reason: NoiseReason): Problem {
    const { key, stream } = this.identity;
    const members = { reason };
    switch (reason) {
      case 'publisher-unknown':
        return new Problem(
          'publisher-revoked',
          `The key ${key.keyid} is not enrolled in this ledger, or was revoked; administrators can enrol one.`,
          members,
        );
      case 'streams':
        return new Problem(
          'publisher-streams',
          `The key ${key.keyid} has written to as many streams as a key can have; use one of them again instead of "${stream}".`,
          members,
        );
      case 'sequence':
        return new Problem(
          'publisher-raced',
          `Another process writes to stream "${stream}" of the key ${key.keyid}; give each process its own stream.`,
          members,
        );
      default:
        return new Problem('internal', `A record of this service became noise: ${reason}.`, members);
    }
  }
}

function placesOf({ records, positions }: Job): EventPlace[] {
  return records.flatMap(({ events }, index) =>
    events.map((_, event) => ({ position: positions[index]!, event })),
  );
}
