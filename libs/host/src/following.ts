// The loop of everything that reads the ledger: read, hand to each follower in order, again. All followers of a process share one
// reading, so a record is read, verified and decoded once, however many services run there; alone in its process, a service is
// the only follower. A batch is handed out whole before the next is read: so all stand at the same position, and a follower may
// rely on what those before it have done with the batch.
//
// Each follower keeps its own place. The reading begins at the lowest; the others join where it comes to theirs, and only if
// the reader, whatever it was resumed from, is then byte for byte the one that they kept: what a reader makes of the log from
// there on is a function of that text. So a follower that trusts no store (the signer) still trusts none.

import type { NoiseReason } from '#ledger';
import type { Log } from '#log';
import type { Crypto } from '#tuf';
import { HostError } from './errors.js';
import { isFatal } from './fatal.js';
import { type Batch, LogReader, type Place } from './log-reader.js';
import type { ServiceLog } from './service-log.js';

/** How long the loop pauses after an error that can pass, in milliseconds. */
const RETRY_PAUSE_MS = 500;
/** How long a look waits for a new record, in milliseconds. */
const LOOK_WAIT_MS = 1_000;

/** Values of one batch that are no records, of which each has a line of its own in the service's log. */
const NOISE_LINES = 10;
/** How often it is looked whether the log still reaches as far as it was read, in milliseconds: who waits for another service does not read it. */
const LOG_CHECK_MS = 2_000;

/** How long a follower may take to begin, in milliseconds: it reads all bins, or all versions, of a large ledger. */
const BEGIN_LIMIT_MS = 60_000;

/** How a follower ends the reading that it is part of: after an error outside of its own calls. */
export interface Session {
  /** Aborts when the reading ends. */
  readonly signal: AbortSignal;
  /** Ends the reading because of an error; all followers begin again from their places, if it can pass. */
  readonly fail: (error: Error) => void;
}

/** One that reads the ledger in log order: a projector, the signer, the gateway. */
export interface Follower {
  /** Forgets what it has in memory and gives the place that it kept last; undefined before the first record. */
  place(session: Session): Promise<Place | undefined>;
  /** The reading has come to that place. */
  begin(reading: LogReader, session: Session): Promise<void>;
  /** Waits until the record at `position` may be taken; gives how many records from there on may be (1 or more). */
  ready?(position: number, signal: AbortSignal): Promise<number>;
  /** Takes the records that follow; also called without any, where nothing came for a while. */
  take(batch: Batch): Promise<void>;
  /** The reading is over: keeps what has to be kept. */
  end?(): Promise<void>;
}

export interface FollowingParts {
  readonly log: Log;
  /** The ledger's name (64 hex digits). */
  readonly ledger: string;
  readonly crypto: Crypto;
  readonly report: ServiceLog;
}

interface Waiting {
  readonly follower: Follower;
  readonly place: Place | undefined;
}

/** One reading, from opening to its end. */
interface Reading {
  readonly reading: LogReader;
  readonly session: Session;
  /** Ends the reading, and says why. */
  readonly ending: AbortController;
  /** Those whose places lie ahead. */
  waiting: readonly Waiting[];
  readonly joined: Set<Follower>;
}

export class Following {
  /** Values of the log that were no records, by reason, since the start. */
  readonly noise = new Map<NoiseReason, number>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private current: Reading | undefined;

  /** `followers` are handed each batch in this order. */
  constructor(
    private readonly followers: readonly Follower[],
    private readonly parts: FollowingParts,
  ) {}

  /** Starts the loop. `onFatal` is told of the error that stopped it, if one did. */
  start(onFatal: (error: Error) => void): void {
    const check = setInterval(() => void this.checkLog(), LOG_CHECK_MS);
    this.running = this.run()
      .catch(error => {
        if (!this.stopping.signal.aborted) onFatal(error as Error);
      })
      .finally(() => clearInterval(check));
  }

  /** Ends the loop after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Records read, and the offset to read from next; undefined while there is no reading. */
  get read(): { readonly position: number; readonly offset: number } | undefined {
    const reading = this.current?.reading;
    return reading && { position: reading.reader.size, offset: reading.place.offset };
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        while (!signal.aborted) await this.step(LOOK_WAIT_MS);
        await this.end();
      } catch (error) {
        await this.end();
        if (signal.aborted || isFatal(error)) throw error;
        this.parts.report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
        await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  /**
   * One turn of the loop, for whoever drives it by hand: opens the reading if there is none, waits up to `waitMs` for records and
   * hands them out. Gives how many there were. After an error, `end` and begin again.
   */
  async step(waitMs: number): Promise<number> {
    this.current ??= await this.open();
    const { reading, session, joined } = this.current;
    await this.join(this.current);
    const limit = await this.limit(this.current);
    const batch = await reading.next(limit, session.signal, waitMs);
    this.noteNoise(batch);
    for (const follower of this.followers) if (joined.has(follower)) await follower.take(batch);
    // What ended the reading outside of these calls is told here.
    session.signal.throwIfAborted();
    return batch.steps.length;
  }

  /** Anybody who may write to the log can fill it: that must not fill the services' own logs too. */
  private noteNoise({ noise }: Batch): void {
    for (const { reason } of noise) this.noise.set(reason, (this.noise.get(reason) ?? 0) + 1);
    for (const { offset, reason } of noise.slice(0, NOISE_LINES))
      this.parts.report('info', 'noise in the log', { offset, reason });
    const more = noise.length - NOISE_LINES;
    if (more > 0) this.parts.report('info', 'more noise in the log', { more, offset: noise.at(-1)!.offset });
  }

  /** Ends the reading, if there is one; the next step opens another. */
  async end(): Promise<void> {
    const ended = this.current;
    this.current = undefined;
    if (!ended) return;
    ended.ending.abort();
    for (const follower of this.followers) {
      if (!ended.joined.has(follower)) continue;
      try {
        await follower.end?.();
      } catch (error) {
        // What could not be kept is read again. The others have to end all the same.
        this.parts.report('warn', (error as Error).message);
      }
    }
  }

  /** Ends a reading of a log that has lost what was read. A log that does not answer is for the next read to tell of. */
  private async checkLog(): Promise<void> {
    const { current } = this;
    if (!current) return;
    const { offset } = current.reading.place;
    try {
      const { end } = await this.parts.log.bounds();
      if (end < offset) current.session.fail(shorterLog(end, offset));
    } catch (error) {
      if (isFatal(error)) current.session.fail(error as Error);
    }
  }

  private async open(): Promise<Reading> {
    const ending = this.newEnding();
    const session = { signal: ending.signal, fail: (error: Error) => ending.abort(error) };
    try {
      const waiting = await Promise.all(
        this.followers.map(async follower => ({ follower, place: await follower.place(session) })),
      );
      const reading = await this.openAt(waiting.map(({ place }) => place));
      return { reading, session, ending, waiting, joined: new Set() };
    } catch (error) {
      ending.abort();
      throw error;
    }
  }

  /** Opens the log at the lowest place; it must reach beyond all of them. */
  private async openAt(places: readonly (Place | undefined)[]): Promise<LogReader> {
    const { log, ledger, crypto } = this.parts;
    const lowest = places.reduce((low, place) => (offsetOf(place) < offsetOf(low) ? place : low));
    const reading = await LogReader.open(log, ledger, lowest, crypto);
    const { end } = await log.bounds();
    for (const place of places) if (offsetOf(place) > end) throw shorterLog(end, offsetOf(place));
    return reading;
  }

  /** Aborts when the loop is to stop, too. */
  private newEnding(): AbortController {
    const ending = new AbortController();
    const { signal } = this.stopping;
    const stop = () => ending.abort();
    signal.addEventListener('abort', stop);
    ending.signal.addEventListener('abort', () => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
    return ending;
  }

  private async join(current: Reading): Promise<void> {
    const { reading, session, joined } = current;
    const { size } = reading.reader;
    const here = current.waiting.filter(({ place }) => (place?.position ?? 0) <= size);
    if (here.length === 0) return;
    current.waiting = current.waiting.filter(waiting => !here.includes(waiting));
    for (const { follower, place } of here) {
      if (place && place.reader !== reading.save().reader) throw otherLog(place.position);
      await withinLimit(follower.begin(reading, session));
      joined.add(follower);
    }
  }

  /** How many records all that have joined may take, and not beyond where the next one joins. */
  private async limit({ reading, session, waiting, joined }: Reading): Promise<number> {
    const { size } = reading.reader;
    let limit = Number.MAX_SAFE_INTEGER;
    for (const { place } of waiting) limit = Math.min(limit, place!.position - size);
    for (const follower of this.followers)
      if (joined.has(follower) && follower.ready)
        limit = Math.min(limit, await follower.ready(size, session.signal));
    return limit;
  }
}

/** What one waits for at its start may be gone, if Postgres lost commits meanwhile; then all begin again. */
async function withinLimit(begun: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`A service did not begin within ${BEGIN_LIMIT_MS} ms.`)),
      BEGIN_LIMIT_MS,
    );
  });
  await Promise.race([begun, late]).finally(() => clearTimeout(timer));
}

function offsetOf(place: Place | undefined): number {
  return place?.offset ?? 0;
}

function shorterLog(end: number, offset: number): HostError {
  return new HostError(
    'log-forked',
    `The log ends at offset ${end}, but offsets below ${offset} were read from it before.`,
  );
}

function otherLog(position: number): HostError {
  return new HostError(
    'log-forked',
    `Up to position ${position} the log holds other records than those that were read from it before.`,
  );
}
