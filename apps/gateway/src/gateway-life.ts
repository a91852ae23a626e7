// The life of the gateway in a process: what is opened before the first request, and how it ends.

import { setMaxListeners } from 'node:events';
import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import type { BearerTokens } from './bearer-tokens.js';
import type { CutScheduler } from './cut-scheduler.js';
import type { LogTail } from './log-tail.js';
import type { GatewayParts } from './parts.js';

export interface LivingParts {
  readonly tokens: BearerTokens;
  readonly tail: LogTail;
  /** Absent where this process makes no cuts. */
  readonly scheduler: CutScheduler | undefined;
}

export class GatewayLife
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly stopping = new AbortController();
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly parts: GatewayParts,
    private readonly living: LivingParts,
  ) {
    // As many requests may wait as come; each takes its listener away.
    setMaxListeners(0, this.stopping.signal);
  }

  /** Aborts when the service begins to stop: requests that wait then answer what they know. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** @throws HostError `config-invalid`: the service does not start. */
  async onModuleInit(): Promise<void> {
    await this.living.tokens.load(this.parts.tokensFile);
  }

  onApplicationBootstrap(): void {
    this.living.scheduler?.start();
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
    this.ended = this.living.scheduler?.stop() ?? this.ended;
  }

  /** After the last request was answered. A cut on its way is told `stopping` by the tail, and the scheduler ends. */
  async onApplicationShutdown(): Promise<void> {
    this.living.tail.stop();
    await this.ended;
  }
}
