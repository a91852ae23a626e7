// Index backends that upload without a pause, and send again what was not confirmed, as docs/publishing.md tells them to.

import { setTimeout as wait } from 'node:timers/promises';
import { type ClusterClient, uploadOf } from '../cluster-client.js';

/** Backends, files in their requests, and their pause after each, in milliseconds. */
const BACKENDS = 3;
const FILES_PER_REQUEST = [1, 1, 5, 20];
const PAUSE_MS = 100;
/** Pause before a request is sent again, in milliseconds. */
const RETRY_PAUSE_MS = 200;
/** How long after the last fault a request may go unanswered, in milliseconds. */
const LAST_LIMIT_MS = 180_000;

export class Load {
  /** The paths that were acknowledged: they are in the log, and must be published. */
  readonly acknowledged: string[] = [];
  /** Requests that had to be sent again. */
  retries = 0;
  private files = 0;

  constructor(private readonly client: ClusterClient) {}

  /** Uploads until it is over. @throws Error where the gateway refuses, or does not answer for long. */
  async run(over: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: BACKENDS }, (_, i) => this.upload(i, over)));
  }

  private async upload(backend: number, over: () => boolean): Promise<void> {
    for (let request = 0; !over(); request++) {
      const count = FILES_PER_REQUEST[request % FILES_PER_REQUEST.length]!;
      const names = Array.from({ length: count }, () => `file-${++this.files}.tar.gz`);
      const project = `backend-${backend}`;
      const events = names.map(name => uploadOf(project, name));
      await this.untilAcknowledged(events, request % 2 === 0, over);
      this.acknowledged.push(...names.map(name => `${project}/${name}`));
      await wait(PAUSE_MS);
    }
  }

  private async untilAcknowledged(
    events: readonly object[],
    waits: boolean,
    over: () => boolean,
  ): Promise<void> {
    let overAt: number | undefined;
    for (;;) {
      const answer = await this.client.post(events, waits).catch(() => undefined);
      const status = answer?.status ?? 503;
      if (status === 200 || status === 202) {
        const wrong = answer!.body.outcomes?.find(({ result }) => result === 'rejected');
        if (wrong) throw new Error(`An upload was rejected: ${JSON.stringify(wrong)}`);
        return;
      }
      if (status < 500) throw new Error(`The gateway refused: ${status} ${JSON.stringify(answer!.body)}`);
      this.retries++;
      if (over()) overAt ??= Date.now();
      if (overAt !== undefined && Date.now() - overAt > LAST_LIMIT_MS)
        throw new Error(`No answer for ${LAST_LIMIT_MS} ms: ${status} ${JSON.stringify(answer?.body)}`);
      await wait(RETRY_PAUSE_MS);
    }
  }
}
