/** Services as processes: they wait for what is not there yet, say so, and end as they should. Needs the built project. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  appendOpening,
  createLog,
  DEFAULT_POLICY,
  type EmbeddedPostgres,
  LedgerFolder,
  logTarget,
  openLedgerFolder,
  readSettings,
  startEmbeddedPostgres,
} from '#host';
import { nativeCrypto } from '#signing';
import { ServiceProcess } from '../cluster/service-process.js';
import { freePort } from '../fixtures/free-port.js';
import { query } from '../fixtures/fresh-database.js';

const READY_LIMIT_MS = 60_000;
/** Container runtimes kill after 10 s. */
const STOP_LIMIT_MS = 9_000;
const CHOICE = {
  origin: 'test.example/index',
  bins: { scheme: 'succinct', count: 4 },
  pathRule: 'project-file',
  policy: DEFAULT_POLICY,
} as const;
const APPS = ['projector-root', 'signer', 'repository', 'gateway'] as const;

let folder: LedgerFolder;
let postgres: EmbeddedPostgres;
let port: number;
let url: string;
let running: ServiceProcess | undefined;

beforeAll(async () => {
  folder = new LedgerFolder(await mkdtemp(join(tmpdir(), 'tuf-ledger-')));
  port = await freePort();
  await startPostgres();
  const { username, password } = new URL(postgres.url);
  url = `postgres://${username}:${password}@127.0.0.1:${port}/postgres`;
  await openLedgerFolder(folder, CHOICE, nativeCrypto, Date.now());
});
afterEach(async () => {
  await running?.end('SIGKILL');
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder.path, { recursive: true, force: true });
});

async function startPostgres(): Promise<void> {
  postgres = await startEmbeddedPostgres({ dataFolder: folder.path, port, durable: false });
}

/** Begins the log, which is a table of its own for each test. */
async function beginLog(schema: string): Promise<string> {
  const text = `${url}?schema=${schema}`;
  const target = readSettings({ TUF_LEDGER_LOG: text }, logTarget);
  const log = await createLog(target, { clientId: 'test', connections: 1 });
  await appendOpening(folder, log);
  await log.close();
  return text;
}

/** Launches a service. Every one is given all settings: what it does not need it does not read. */
async function launch(app: string, settings: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const environment = {
    PORT: String(await freePort()),
    TUF_LEDGER_FILE: folder.ledgerFile,
    TUF_LEDGER_DATABASE: url,
    TUF_LEDGER_KEYS: folder.keys,
    TUF_LEDGER_TOKENS: folder.tokensFile,
    TUF_LEDGER_STREAM: 'main',
    TUF_LEDGER_SIGNER: folder.signer,
    TUF_LEDGER_REPOSITORY: folder.repository,
    ...settings,
  };
  const command = ['node', '--enable-source-maps', `dist/apps/${app}/src/main.js`];
  const output = join(folder.path, `${app}-${environment.PORT}.log`);
  running = new ServiceProcess({ name: app, command, environment, output });
  running.launch();
  return running;
}

const get = (service: ServiceProcess, path: string) => fetch(service.url + path).catch(() => undefined);
const listening = (service: ServiceProcess) =>
  expect.poll(async () => (await get(service, '/healthz'))?.status, { timeout: READY_LIMIT_MS });

/** Waits until projector-root has read the opening and its signatures. */
const hasOpened = (service: ServiceProcess) =>
  expect
    .poll(async () => (await get(service, '/readyz'))?.json(), { timeout: READY_LIMIT_MS })
    .toMatchObject({ position: 2, lagEntries: 0 });

/** Asks it to stop; gives its exit code and how long it took. */
async function stopped(service: ServiceProcess): Promise<{ code: number | null; inTime: boolean }> {
  const began = performance.now();
  const code = await service.end('SIGTERM');
  return { code, inTime: performance.now() - began < STOP_LIMIT_MS };
}

/** What it said, a line each. */
async function said({ start }: ServiceProcess): Promise<string[]> {
  return (await readFile(start.output, 'utf8')).trim().split('\n');
}

describe('a service whose log and Postgres are not there yet', () => {
  it.each(APPS)('%s listens, says what is missing, and stops when asked', async app => {
    const log = await beginLog(`log_${app.replace('-', '_')}`);
    await postgres.stop();
    const service = await launch(app, { TUF_LEDGER_LOG: log });
    await listening(service).toBe(200);
    const answer = await get(service, '/readyz');
    const { ready, reasons } = (await answer!.json()) as { ready: boolean; reasons: string[] };
    expect([answer!.status, ready]).toEqual([503, false]);
    if (app !== 'repository') expect(reasons.join()).toMatch(/The log has not answered since \S+: .+/);
    if (app !== 'signer') expect(reasons.join()).toMatch(/Postgres has not answered since \S+: .+/);
    const metrics = await (await get(service, '/metrics'))!.text();
    expect(metrics).toMatch(/tuf_ledger_dependency_up\{dependency="\w+"\} 0/);
    expect(await stopped(service)).toEqual({ code: 0, inTime: true });
    await startPostgres();
    const lines = (await said(service)).map(line => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) expect(line).toMatchObject({ service: app, time: expect.any(String) });
    expect(lines.some(({ level, retryInMs }) => level === 'warn' && retryInMs === 500)).toBe(true);
  });

  it('begins when they come', async () => {
    const log = await beginLog('log_awaited');
    await postgres.stop();
    const service = await launch('projector-root', { TUF_LEDGER_LOG: log, TUF_LEDGER_SCHEMA: 'awaited' });
    await listening(service).toBe(200);
    await startPostgres();
    await service.ready(READY_LIMIT_MS);
    await hasOpened(service);
    expect(await stopped(service)).toEqual({ code: 0, inTime: true });
  });
});

describe('an error that does not pass', () => {
  it('ends a service before it listens: settings that are wrong', async () => {
    const service = await launch('signer', { TUF_LEDGER_LOG: 'kafka://here', TUF_LEDGER_KEYS: '' });
    expect(await service.ended()).toBe(1);
    expect((await said(service)).at(-1)).toMatch(
      /^TUF_LEDGER_LOG is not of the form.*TUF_LEDGER_KEYS is missing/,
    );
  });

  it('ends a service that finds its port taken, with the URL that it wanted', async () => {
    const service = await launch('repository', { PORT: String(port) });
    expect(await service.ended()).toBe(1);
    expect((await said(service)).at(-1)).toBe(
      `Port ${port} of 127.0.0.1 is in use. Stop what listens there, or choose another port.`,
    );
  });

  it('ends a service that can not listen where it should', async () => {
    const service = await launch('repository', { HOST: '192.0.2.1' });
    expect(await service.ended()).toBe(1);
    expect((await said(service)).at(-1)).toMatch(/^HOST is "192\.0\.2\.1".*EADDRNOTAVAIL/);
  });

  it('ends a service whose log is another than it was', async () => {
    const log = await beginLog('log_forked');
    const settings = { TUF_LEDGER_LOG: log, TUF_LEDGER_SCHEMA: 'forked' };
    const service = await launch('projector-root', settings);
    await service.ready(READY_LIMIT_MS);
    await hasOpened(service);
    expect(await stopped(service)).toEqual({ code: 0, inTime: true });
    await query(url, 'DELETE FROM log_forked.log_value');
    const again = await launch('projector-root', settings);
    expect(await again.ended()).toBe(1);
    const lines = await said(again);
    expect(lines.at(-1)).toBe(
      'The log ends at offset 0, but offsets below 2 were read from it before. Do not go on: find out which log is the true one, then rebuild what was derived from the other.',
    );
    expect(JSON.parse(lines.at(-2)!)).toMatchObject({ message: 'stopping' });
  });
});
