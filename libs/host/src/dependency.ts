// What a service can't work without, the log and Postgres: asked all the time, so that /readyz tells whether they answer and since
// when.

import type { Registry } from 'prom-client';
import type { Aspect, AspectView } from './aspect.js';
import type { AwaitedLog } from './awaited-log.js';
import type { LedgerDatabase } from './ledger-database.js';
import { addGaugeBy } from './pulled-metrics.js';

/** How often each is asked, in milliseconds, and after how long without an answer it counts as away. */
const ASK_MS = 2_000;
const ANSWER_LIMIT_MS = 5_000;

interface Standing {
  readonly answers: boolean;
  /** Milliseconds. */
  readonly since: number;
  readonly reason: string;
}

export class Dependency {
  private standing: Standing;
  private asking: Promise<void> | undefined;
  /** What was asked and not answered yet: where nobody answers, questions must not pile up. */
  private question: Promise<unknown> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** `name` as metrics give it, `title` as sentences begin; `ask` rejects where there is no answer. */
  constructor(
    readonly name: string,
    private readonly title: string,
    private readonly ask: () => Promise<unknown>,
    private readonly clock: () => number = Date.now,
  ) {
    this.standing = { answers: false, since: clock(), reason: 'It was not asked yet.' };
  }

  /** Begins to ask. */
  start(): void {
    this.timer ??= setInterval(() => void this.askOnce(), ASK_MS).unref();
    void this.askOnce();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  get answers(): boolean {
    return this.standing.answers;
  }

  /** Since when it answers, or does not (ISO 8601). */
  get since(): string {
    return new Date(this.standing.since).toISOString();
  }

  /** Why the service can't work; undefined while it answers. */
  get fault(): string | undefined {
    const { answers, reason } = this.standing;
    return answers ? undefined : `${this.title} has not answered since ${this.since}: ${reason}`;
  }

  /** Resolves when it was asked, perhaps by another caller, and has answered or has not in time. */
  askOnce(): Promise<void> {
    this.asking ??= this.askInTime().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async askInTime(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${ANSWER_LIMIT_MS} ms.`)), ANSWER_LIMIT_MS);
    });
    try {
      this.question ??= this.ask().finally(() => {
        this.question = undefined;
      });
      await Promise.race([this.question, late]);
      this.stand(true, '');
    } catch (error) {
      this.stand(false, (error as Error).message);
    } finally {
      clearTimeout(timer);
    }
  }

  private stand(answers: boolean, reason: string): void {
    const since = answers === this.standing.answers ? this.standing.since : this.clock();
    this.standing = { answers, since, reason };
  }
}

/** All that a service stands on. */
export class Dependencies implements Aspect {
  constructor(private readonly all: readonly Dependency[]) {}

  start(): void {
    for (const dependency of this.all) dependency.start();
  }

  stop(): void {
    for (const dependency of this.all) dependency.stop();
  }

  async look(): Promise<AspectView> {
    // Who looks while one is away wants to know whether it still is.
    await Promise.all(this.all.filter(({ answers }) => !answers).map(dependency => dependency.askOnce()));
    return {
      reasons: this.all.flatMap(({ fault }) => fault ?? []),
      members: {
        dependencies: this.all.map(({ name, answers, since }) => ({ name, answers, since })),
      },
    };
  }

  measure(registry: Registry): void {
    const metric = {
      name: 'tuf_ledger_dependency_up',
      help: 'Whether what the service stands on answers: 1 or 0.',
      label: 'dependency',
    };
    addGaugeBy(registry, metric, () => this.all.map(({ name, answers }) => [name, Number(answers)]));
  }
}

/** The log and the database of a service, as far as it has them. */
export function dependenciesOn({
  log,
  database,
}: {
  readonly log?: AwaitedLog;
  readonly database?: LedgerDatabase;
}): Dependencies {
  return new Dependencies([
    ...(log ? [new Dependency('log', 'The log', () => log.bounds())] : []),
    ...(database ? [new Dependency('postgres', 'Postgres', () => database.ping())] : []),
  ]);
}
