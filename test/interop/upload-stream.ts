/** Backends that upload to a ledger without a pause, and what is known to be published then. */
import { createHash } from 'node:crypto';
import type { LedgerEvent } from '#ledger';
import type { LedgerServer } from '../fixtures/ledger-server.js';

/** Files in a request of several. */
const SEVERAL = 10;
/** Of the uploads that nobody waited for, so many of the last are looked for in the end. */
const LAST_UPLOADS = 200;
/** A machine that stands still for half a minute lets the gateway answer that something is not published yet. So often it may. */
const LAST_TRIES = 5;

/** A target, as whoever uploaded it knows it. */
export interface UploadedTarget {
  readonly path: string;
  /** In bytes. */
  readonly length: number;
  readonly sha256: string;
  /** The reason, where it is known to be yanked. */
  readonly yanked?: string;
}

/** What is published for certain: whoever refreshes from now on has to find it. */
export interface Published {
  /** The newest state that anybody was told of, or shown. */
  state: number;
  /** In the order of the gateway's answers; a target stands there again once it is yanked. */
  readonly targets: UploadedTarget[];
}

export class UploadStream {
  readonly published: Published = { state: 1, targets: [] };
  /** Files uploaded so far. */
  files = 0;
  private readonly server: LedgerServer;
  /** Targets in the log of which no answer said that they are published. */
  private readonly untold: UploadedTarget[] = [];

  constructor(server: LedgerServer) {
    this.server = server;
  }

  /**
   * Uploads until it is over, and then until an answer says that all is published.
   * Rejects where the gateway refuses, or an event is not applied.
   */
  async run(over: () => boolean): Promise<void> {
    await Promise.all([this.hurry(over), this.waitForEach(over), this.uploadAndYank(over)]);
    await this.publishAll();
    this.published.targets.push(...this.untold.slice(-LAST_UPLOADS));
  }

  /** What was posted before an upload that is published is published too. */
  private async publishAll(): Promise<void> {
    for (let tries = 0; tries < LAST_TRIES; tries++) {
      const last = await this.upload('last', SEVERAL, true);
      if (this.published.targets.includes(last)) return;
    }
    throw new Error(`none of the last ${LAST_TRIES} uploads was published in time`);
  }

  private async hurry(over: () => boolean): Promise<void> {
    while (!over()) {
      await this.upload('hurried', 1, false);
      await this.upload('hurried', SEVERAL, false);
    }
  }

  private async waitForEach(over: () => boolean): Promise<void> {
    while (!over()) await this.upload('awaited', 1, true);
  }

  private async uploadAndYank(over: () => boolean): Promise<void> {
    while (!over()) await this.yank(await this.upload('yanked', SEVERAL, true));
  }

  /** Uploads new files by one request; gives the last of them. */
  private async upload(project: string, count: number, wait: boolean): Promise<UploadedTarget> {
    const targets = Array.from({ length: count }, () => newTarget(project, ++this.files));
    await this.post(targets.map(uploadOf), targets, wait);
    return targets.at(-1)!;
  }

  private async yank(target: UploadedTarget): Promise<void> {
    const reason = `${target.path} is broken`;
    const event = { type: 'file.yanked', ...nameOf(target), reason } as const;
    await this.post([event], [{ ...target, yanked: reason }], true);
  }

  /** Posts events, after which there are these targets. */
  private async post(
    events: readonly LedgerEvent[],
    targets: readonly UploadedTarget[],
    wait: boolean,
  ): Promise<void> {
    const { published, outcomes } = await this.server.post(events, { wait });
    const wrong = outcomes.find(({ result }) => result !== 'applied');
    if (wrong) throw new Error(`not every event of ${targets[0]!.path} is applied: ${JSON.stringify(wrong)}`);
    (published ? this.published.targets : this.untold).push(...targets);
    if (!published) return;
    const states = outcomes.map(({ snapshot = 1 }) => snapshot);
    this.published.state = Math.max(this.published.state, ...states);
  }
}

/** The path says all of the target, so that no two have the same length and hash. */
function newTarget(project: string, number: number): UploadedTarget {
  const path = `${project}/${project}-${number}.tar.gz`;
  return { path, length: number, sha256: createHash('sha256').update(path).digest('hex') };
}

function nameOf({ path }: UploadedTarget): { project: string; filename: string } {
  const [project, filename] = path.split('/') as [string, string];
  return { project, filename };
}

function uploadOf(target: UploadedTarget): LedgerEvent {
  const { length, sha256 } = target;
  return { type: 'file.uploaded', ...nameOf(target), length, hashes: { sha256 } };
}
