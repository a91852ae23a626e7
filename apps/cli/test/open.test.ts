import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LedgerFolder, logTarget, openLog, readSettings } from '#host';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { ExitCode } from '../src/exit-code.js';
import { type CliRun, runCli } from './run-cli.js';

const ALL = { maxBytes: 1e7, maxEntries: 100, waitMs: 0 };

let postgres: TestPostgres;
let data: string;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
  url = await freshDatabase(postgres);
});
afterEach(() => rm(data, { recursive: true, force: true }));

const open = (...args: string[]) => runCli(['open', '--data', data, '--bins', '4', ...args]);
const ledgerOf = async () => (await new LedgerFolder(data).read())?.ledger;
const codeOf = ({ stdout }: CliRun) => (JSON.parse(stdout) as { error: { code: string } }).error.code;

/** Works on the log as another service would. */
async function withLog<T>(work: (log: Awaited<ReturnType<typeof openLog>>) => Promise<T>): Promise<T> {
  const target = readSettings({ TUF_LEDGER_LOG: url }, logTarget);
  const log = await openLog(target, { clientId: 'test', connections: 1 });
  return work(log).finally(() => log.close());
}

const values = () => withLog(async log => (await log.read(0, ALL)).map(({ value }) => Buffer.from(value)));
const push = (...texts: string[]) => withLog(log => log.append(texts.map(text => Buffer.from(text))));

describe('open --log', () => {
  it('makes the keys and begins the log with the opening and its signatures', async () => {
    const { exitCode, stdout } = await open('--log', url);
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).toContain('Its log has begun; start its services.');
    const { openingFile, signaturesFile } = new LedgerFolder(data);
    expect(await values()).toEqual([await readFile(openingFile), await readFile(signaturesFile)]);
  });

  it('opens a ledger once; with --if-new it does nothing the second time, and succeeds', async () => {
    await open('--log', url);
    const [ledger, log] = [await ledgerOf(), await values()];
    const again = await open('--log', url, '--json');
    expect([again.exitCode, codeOf(again)]).toEqual([ExitCode.refused, 'ledger-exists']);
    const ifNew = await open('--log', url, '--if-new', '--json');
    expect(ifNew.exitCode).toBe(ExitCode.ok);
    expect(JSON.parse(ifNew.stdout)).toMatchObject({ ledger });
    expect(await values()).toEqual(log);
  });

  it('goes on where it stopped before its log could be reached', async () => {
    const away = new URL(url);
    away.pathname = '/not-made-yet';
    const failed = await open('--log', away.href, '--json');
    expect([failed.exitCode, codeOf(failed)]).toEqual([ExitCode.unreachable, 'log-unusable']);
    const ledger = await ledgerOf();
    expect(ledger).toMatch(/^[0-9a-f]{64}$/);
    expect((await open('--log', url, '--if-new')).exitCode).toBe(ExitCode.ok);
    expect(await ledgerOf()).toBe(ledger);
    expect(await values()).toHaveLength(2);
  });

  it('does not mix two ledgers in one log', async () => {
    await open('--log', url);
    const log = await values();
    data = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
    const other = await open('--log', url, '--json');
    expect([other.exitCode, codeOf(other)]).toEqual([ExitCode.unreachable, 'log-unusable']);
    expect(other.stderr).toContain("this ledger's opening is none of the first 1000");
    expect(await values()).toEqual(log);
  });

  it('says that others have written to the log before, unless the opening is there too', async () => {
    await push('noise');
    const late = await open('--log', url, '--if-new', '--json');
    expect([late.exitCode, codeOf(late)]).toEqual([ExitCode.unreachable, 'log-unusable']);
    const { openingFile } = new LedgerFolder(data);
    await withLog(async log => log.append([await readFile(openingFile)]));
    expect((await open('--log', url, '--if-new')).exitCode).toBe(ExitCode.ok);
  });

  it.each(['kafka://nowhere', 'https://index.example', 'kafka://a:1/b/c'])(
    'refuses %s before anything is made',
    async log => {
      const { exitCode, stdout } = await open('--log', log, '--json');
      expect([exitCode, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([
        ExitCode.usage,
        'arguments-invalid',
      ]);
      expect(await ledgerOf()).toBeUndefined();
    },
  );

  it('reads TLS and the login of a Kafka cluster from the environment, as the services do', async () => {
    const variables = { TUF_LEDGER_KAFKA_SASL: 'plain' };
    const { stderr } = await runCli(['open', '--data', data, '--log', 'kafka://a:1/t'], { variables });
    expect(stderr).toContain('TUF_LEDGER_KAFKA_USER is missing');
    expect(await ledgerOf()).toBeUndefined();
  });
});

describe('open without --log', () => {
  it('says how to start it, and with --if-new leaves what is there', async () => {
    expect((await open()).stdout).toContain(`TUF_LEDGER_DATA=${data} npm start`);
    const ledger = await ledgerOf();
    expect((await open('--if-new')).exitCode).toBe(ExitCode.ok);
    expect(await ledgerOf()).toBe(ledger);
  });
});
