/** TUF clients that poll a ledger which is uploaded to, and check what they are shown. */
import type { InteropClient, TargetInfo, TrustedVersions } from './client.js';
import type { Published, UploadedTarget } from './upload-stream.js';

/** Of the targets published last, so many are looked up after each refresh. */
const NEWEST_TARGETS = 20;

/** One client. */
class Poller {
  /** The states that it was shown: versions of the snapshot. */
  readonly states = new Set<number>();
  private refreshes = 0;
  private readonly name: string;
  private readonly client: InteropClient;
  private readonly published: Published;

  /** name: what error messages call the client. */
  constructor(name: string, client: InteropClient, published: Published) {
    this.name = name;
    this.client = client;
    this.published = published;
  }

  /** Refreshes, and looks for what was published before. Rejects with an Error that says which refresh failed, and how. */
  async poll(newest = NEWEST_TARGETS): Promise<void> {
    const { state } = this.published;
    const targets = this.published.targets.slice(-newest);
    const which = `refresh ${++this.refreshes} of ${this.name}, begun when state ${state} was published`;
    try {
      const versions = await this.client.refresh();
      this.checkVersions(versions, state);
      const found = await this.client.lookups(targets.map(({ path }) => path));
      checkTargets(targets, found, versions);
    } catch (error) {
      throw new Error(`${which}, failed: ${(error as Error).message}`, { cause: error });
    }
  }

  close(): Promise<void> {
    return this.client.close();
  }

  /** Nobody may be shown an older state than anybody was before. */
  private checkVersions(versions: TrustedVersions, state: number): void {
    if (versions.timestamp < state || versions.snapshot < state)
      throw new Error(`it was shown an older one, ${JSON.stringify(versions)}`);
    this.states.add(versions.snapshot);
    this.published.state = Math.max(this.published.state, versions.snapshot);
  }
}

/** The clients of one kind: one that goes on from the metadata that it trusts, and new ones that begin from the first root. */
export class Pollers {
  /** New clients that have begun, and found what they looked for. */
  newcomers = 0;
  private constructor(
    readonly kind: string,
    private readonly start: () => Promise<InteropClient>,
    private readonly published: Published,
    private readonly steady: Poller,
  ) {}

  /** `start` starts a client with nothing but the first root. */
  static async open(
    kind: string,
    start: () => Promise<InteropClient>,
    published: Published,
  ): Promise<Pollers> {
    const steady = new Poller(`the steady ${kind} client`, await start(), published);
    return new Pollers(kind, start, published, steady);
  }

  /** How many states the steady client was shown. */
  get states(): number {
    return this.steady.states.size;
  }

  /** The steady client polls until it is over. */
  async stay(over: () => boolean): Promise<void> {
    while (!over()) await this.steady.poll();
  }

  /** One new client after the other comes, until it is over. */
  async come(over: () => boolean): Promise<void> {
    while (!over()) {
      const name = `the new ${this.kind} client ${this.newcomers + 1}`;
      const poller = new Poller(name, await this.start(), this.published);
      await poller.poll().finally(() => poller.close());
      this.newcomers++;
    }
  }

  /** The steady client looks for all that was ever published. */
  findAll(): Promise<void> {
    return this.steady.poll(this.published.targets.length);
  }

  close(): Promise<void> {
    return this.steady.close();
  }
}

function checkTargets(
  targets: readonly UploadedTarget[],
  found: readonly (TargetInfo | null)[],
  { snapshot }: TrustedVersions,
): void {
  for (const [i, target] of targets.entries()) {
    const info = found[i] ?? null;
    if (!isShown(target, info))
      throw new Error(`in state ${snapshot} ${JSON.stringify(target)} is ${JSON.stringify(info)}`);
  }
}

function isShown({ length, sha256, yanked }: UploadedTarget, info: TargetInfo | null): boolean {
  if (info?.length !== length || info.sha256 !== sha256) return false;
  // What was not yanked when the refresh began may be so since.
  return yanked === undefined || (info.custom as { yanked?: unknown } | null)?.yanked === yanked;
}
