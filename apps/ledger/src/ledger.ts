// A whole ledger in one process: the embedded Postgres with the log and the projections, all services, and HTTP.

import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { configureHttp, GatewayModule } from '#apps/gateway/src/gateway.module';
import { RepositoryModule } from '#apps/repository/src/repository.module';
import { FolderFiles } from '#files';
import {
  appendOpening,
  DEFAULT_POLICY,
  type EmbeddedPostgres,
  Endings,
  HostError,
  jsonLog,
  type LedgerFile,
  LedgerFolder,
  listen,
  loadServiceKeys,
  openLedgerFolder,
  RoleVersionsAspect,
  startEmbeddedPostgres,
  unlisten,
} from '#host';
import { type Log, PostgresLog } from '#log';
import { nativeCrypto, VerifyingAhead } from '#signing';
import type { LedgerConfig } from './config.js';
import { SCHEMA_PREFIX, Services } from './services.js';

/** The gateway's and the scheduler's stream in a ledger of one process. */
const STREAM = 'main';
/** Connections of the log: appends, reads and their waiting. */
const LOG_CONNECTIONS = 8;
/** How long the start waits until requests can be taken, in milliseconds. */
const READY_WAIT_MS = 10_000;
/** The name of a ledger that is opened without another one. */
const DEVELOPMENT_ORIGIN = 'development.invalid/tuf-ledger';

@Module({})
class LedgerModule {}

/** A ledger that runs. */
export interface RunningLedger {
  readonly url: string;
  readonly ledger: LedgerFile;
  /** Whether this start opened the ledger. */
  readonly openedNow: boolean;
  /** Resolves with the error that a service stopped with, if one does. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/**
 * Starts a ledger on its data folder, opening one if there is none.
 * @throws HostError, FilesError, SigningError, LogError or StoreError, with all that was begun ended again.
 */
export async function startLedger(config: LedgerConfig): Promise<RunningLedger> {
  const endings = new Endings();
  try {
    return await start(config, endings);
  } catch (error) {
    await endings.run();
    throw error;
  }
}

async function start(config: LedgerConfig, endings: Endings): Promise<RunningLedger> {
  const folder = new LedgerFolder(resolve(config.dataFolder));
  await makeFolder(folder);
  const postgres = await startEmbeddedPostgres({ dataFolder: folder.path, durable: true });
  endings.add(() => postgres.stop());
  const openedNow = (await folder.read()) === undefined;
  const ledger = await openLedgerFolder(folder, developmentChoice(config), nativeCrypto, Date.now());
  const log = await openLog(postgres, endings);
  await appendOpening(folder, log);
  const files = await FolderFiles.open(folder.repository);
  const { failed, fail } = failure(postgres);
  const { services, keys } = await startServices(folder, ledger, { log, files, url: postgres.url }, fail);
  endings.add(() => services.stop());
  // Who is told the URL may append at once; but what is published is served even where the reading has far to go.
  await services.parts.tail.begun(READY_WAIT_MS).catch(() => undefined);
  const gateway = GatewayModule.register({
    ledger: ledger.ledger,
    log,
    tail: services.parts.tail,
    states: services.readings.states,
    history: services.readings.history,
    sources: services.sources,
    prefix: SCHEMA_PREFIX,
    watermarks: services.watermarks,
    crypto: nativeCrypto,
    publisher: { key: keys.gateway, stream: STREAM },
    scheduler: { key: keys.scheduler, stream: STREAM, intervalMs: config.cutMs },
    tokensFile: folder.tokensFile,
    report: jsonLog('gateway'),
    aspects: [new RoleVersionsAspect(services.sources)],
    served: (position, signal) => services.repository.served(position, signal),
  });
  const imports = [gateway, RepositoryModule.register(files)];
  const app = await NestFactory.create(
    { module: LedgerModule, imports },
    { logger: false, abortOnError: false, bodyParser: false },
  );
  endings.add(() => unlisten(app));
  configureHttp(app);
  const url = await listen(app, config);
  return { url, ledger, openedNow, failed, stop: () => endings.run() };
}

async function makeFolder(folder: LedgerFolder): Promise<void> {
  try {
    await mkdir(folder.path, { recursive: true });
  } catch (error) {
    throw new HostError(
      'data-folder-unwritable',
      `${folder.path} can't be made: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}

function developmentChoice(config: LedgerConfig) {
  return {
    origin: DEVELOPMENT_ORIGIN,
    bins: { scheme: 'succinct', count: config.bins },
    pathRule: 'project-file',
    policy: DEFAULT_POLICY,
  } as const;
}

async function openLog(postgres: EmbeddedPostgres, endings: Endings): Promise<Log> {
  const pool = new pg.Pool({ connectionString: postgres.url, max: LOG_CONNECTIONS });
  // Postgres going away is seen by whatever is asked of it next; an idle connection's loss alone is no news.
  pool.on('error', () => undefined);
  endings.add(() => pool.end());
  const log = await PostgresLog.open(pool);
  endings.add(() => log.close());
  return log;
}

function failure(postgres: EmbeddedPostgres): { failed: Promise<Error>; fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>(resolveFailed => {
    fail = resolveFailed;
  });
  void postgres.ended.then(reason => {
    if (reason) fail(reason);
  });
  return { failed, fail };
}

async function startServices(
  folder: LedgerFolder,
  { ledger, opened }: LedgerFile,
  ground: { log: Log; files: FolderFiles; url: string },
  onFatal: (error: Error) => void,
) {
  const keys = await loadServiceKeys(folder);
  const { log, files, url: databaseUrl } = ground;
  // One for all services of the process: what one has verified, no other does.
  const crypto = new VerifyingAhead();
  const services = await Services.start(
    {
      ledger,
      opened,
      crypto,
      log,
      files,
      databaseUrl,
      signerFolder: folder.signer,
      signerKey: keys.signer,
      onlineKeys: keys.online,
      clock: Date.now,
    },
    onFatal,
  );
  return { services, keys };
}
