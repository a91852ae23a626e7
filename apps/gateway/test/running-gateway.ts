// A gateway over real parts: an embedded Postgres with log and projections, the four projectors, a signer, and HTTP on a free port.

import { openProjections, projectionSchemas, projectorOf } from '#apps/ledger/src/projections';
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { Following, PostgresWatermarks, SERVICES, silentLog } from '#host';
import { PostgresLog } from '#log';
import { nativeCrypto } from '#signing';
import { readProgress } from '#store';
import { startPostgres } from '../../../test/fixtures/postgres.js';
import { signingKey } from '../../../test/fixtures/signing-key.js';
import { TestLedger } from '../../../test/fixtures/test-ledger.js';
import type { Permission } from '../src/bearer-tokens.js';
import { configureHttp, GatewayModule } from '../src/gateway.module.js';
import { StoredHistory } from '../src/history.js';
import { LogTail } from '../src/log-tail.js';
import { StoredStates } from '../src/state-watch.js';
import { TestSigner } from './test-signer.js';

const PREFIX = 'test';
/** A bearer token for each set of permissions that tests need. */
const TOKENS: Readonly<Record<string, readonly Permission[]>> = {
  all: ['index', 'delegate', 'relay'],
  reader: [],
  relay: ['relay'],
};

/** An answer of the gateway with its parsed body. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into it freely.
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs per endpoint
  readonly body: any;
}

export class RunningGateway {
  private constructor(
    readonly url: string,
    readonly ledger: TestLedger,
    readonly log: PostgresLog,
    readonly signer: TestSigner,
    private readonly ends: (() => Promise<unknown>)[],
  ) {}

  /** Starts everything; the first state is complete when this resolves. */
  static async start(): Promise<RunningGateway> {
    const ends: (() => Promise<unknown>)[] = [];
    const postgres = await startPostgres();
    ends.push(() => postgres.stop());
    const pool = new pg.Pool({ connectionString: postgres.url, max: 8 });
    ends.push(() => pool.end());
    const log = await PostgresLog.open(pool);
    ends.push(() => log.close());
    const ledger = new TestLedger({ crypto: nativeCrypto, count: 16 });
    await log.append([ledger.values[0]!]);
    const reading = await startReading(postgres.url, log, ledger, ends);
    const signer = new TestSigner(log, ledger);
    signer.start();
    ends.push(() => signer.stop());
    const app = await startApp({ log, ledger, ...reading }, ends);
    const gateway = new RunningGateway(
      (await app.getUrl()).replace('[::1]', '127.0.0.1'),
      ledger,
      log,
      signer,
      ends,
    );
    await gateway.untilReady();
    return gateway;
  }

  /** Ends the gateway, while the services behind it go on. */
  async stopHttp(): Promise<void> {
    await this.ends.pop()!();
  }

  async stop(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }

  async get(path: string): Promise<Answer> {
    return answerOf(await fetch(this.url + path));
  }

  /** Sends a body to be appended: a value as JSON, text or bytes as they are. */
  async post(
    body: unknown,
    {
      query = '',
      token = 'all',
      type = 'application/json',
    }: { query?: string; token?: string | null; type?: string } = {},
  ): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    return answerOf(
      await fetch(`${this.url}/v1/records${query}`, {
        method: 'POST',
        headers: { 'Content-Type': type, ...(token !== null && { Authorization: `Bearer ${token}` }) },
        body: raw ? (body as string) : JSON.stringify(body),
      }),
    );
  }

  /** Resolves when nothing more follows from what was appended: two looks apart found the log as long, and all published. */
  async untilQuiet(): Promise<void> {
    for (let before = -1; ; ) {
      const { end } = await this.log.bounds();
      const { body } = await this.get('/readyz');
      if (end === before && body.complete.state === body.lastCut.state) return;
      before = end;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  private async untilReady(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if ((await this.get('/readyz')).status === 200) return;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`not ready: ${JSON.stringify((await this.get('/readyz')).body)}`);
  }
}

async function startReading(
  url: string,
  log: PostgresLog,
  ledger: TestLedger,
  ends: (() => Promise<unknown>)[],
) {
  const sources = await openProjections(url, PREFIX);
  const watermarks = new PostgresWatermarks(url, projectionSchemas(PREFIX));
  const tail = new LogTail({ log, crypto: nativeCrypto, from: () => readProgress(sources.root) });
  ends.push(() => Promise.all(SERVICES.map(service => sources[service].destroy())));
  ends.push(() => watermarks.close());
  const ground = { sources, prefix: PREFIX, watermarks };
  const followings = [[tail], ...SERVICES.map(service => [projectorOf(service, ground, nativeCrypto)])].map(
    followers =>
      new Following(followers, { log, ledger: ledger.ledger, crypto: nativeCrypto, report: silentLog }),
  );
  for (const following of followings) {
    following.start(error => {
      throw error;
    });
    ends.push(() => following.stop());
  }
  return { sources, watermarks, tail, states: new StoredStates(ground), history: new StoredHistory(ground) };
}

async function startApp(
  ground: { log: PostgresLog; ledger: TestLedger } & Awaited<ReturnType<typeof startReading>>,
  ends: (() => Promise<unknown>)[],
): Promise<INestApplication> {
  const { ledger } = ground;
  const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-tokens-'));
  ends.push(() => rm(folder, { recursive: true }));
  const tokensFile = join(folder, 'tokens.json');
  await writeFile(tokensFile, JSON.stringify({ tokens: Object.entries(TOKENS).map(tokenEntry) }));
  const module = GatewayModule.register({
    ...ground,
    ledger: ledger.ledger,
    prefix: PREFIX,
    crypto: nativeCrypto,
    publisher: { key: signingKey(ledger.keys.gateway), stream: 'main' },
    scheduler: { key: signingKey(ledger.keys.scheduler), stream: 'main', intervalMs: 0 },
    tokensFile,
    // No repository runs here: what is complete counts as served.
    served: async () => undefined,
    report: silentLog,
  });
  const app = await NestFactory.create(module, { logger: ['error', 'warn'], bodyParser: false });
  configureHttp(app);
  await app.listen(0, '127.0.0.1');
  ends.push(() => app.close());
  return app;
}

function tokenEntry([name, permissions]: [string, readonly Permission[]]) {
  return { name, sha256: createHash('sha256').update(name).digest('hex'), permissions };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
