/** Starting and stopping as people do it, and what they are told when it can't be. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerConfig } from '#apps/ledger/src/config';
import { readConfig } from '#apps/ledger/src/config';
import { startLedger } from '#apps/ledger/src/ledger';
import { upload } from '../fixtures/test-ledger.js';

let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) await ended(child, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const config = (other: Partial<LedgerConfig> = {}): LedgerConfig => ({
  dataFolder: join(folder, 'data'),
  host: '127.0.0.1',
  port: 0,
  bins: 16,
  cutMs: 0,
  ...other,
});

/** A process of `npm start`, and what it has said so far. */
interface Started {
  readonly child: ChildProcess;
  said(): string;
}

function npmStart(environment: Record<string, string> = {}, nodeArgs: readonly string[] = []): Started {
  const env = {
    ...process.env,
    TUF_LEDGER_DATA: join(folder, 'data'),
    PORT: '0',
    TUF_LEDGER_BINS: '16',
    ...environment,
  };
  const child = spawn(process.execPath, [...nodeArgs, 'tools/run.mjs', 'start'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      text += chunk;
    });
  }
  return { child, said: () => text };
}

async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'exit');
  if (signal) child.kill(signal);
  const [code] = await exit;
  return code;
}

async function urlOf({ child, said }: Started): Promise<string> {
  for (let i = 0; i < 600; i++) {
    const url = /TUF repository +(http:\S+)\/metadata/.exec(said())?.[1];
    if (url && (await fetch(`${url}/metadata/timestamp.json`)).status === 200) return url;
    if (child.exitCode !== null) break;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`it did not come up:\n${said()}`);
}

async function published(url: string): Promise<string[]> {
  const timestamp = await (await fetch(`${url}/metadata/timestamp.json`)).text();
  const { version } = JSON.parse(timestamp).signed.meta['snapshot.json'];
  return [timestamp, await (await fetch(`${url}/metadata/${version}.snapshot.json`)).text()];
}

/** 200, or what the answer says instead. */
async function publish(url: string, filename: string): Promise<number | string> {
  const token = (await readFile(join(folder, 'data', 'publisher.token'), 'utf8')).trim();
  const response = await fetch(`${url}/v1/records?wait=published`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [upload('six', filename)] }),
  });
  return response.status === 200 ? 200 : `${response.status} ${await response.text()}`;
}

describe('npm start', () => {
  it('opens a ledger, says what to do next, stops at Ctrl-C and starts again with the same data', async () => {
    const first = npmStart();
    const url = await urlOf(first);
    expect(first.said()).toContain('npx tuf-ledger import test/data/pep691');
    expect(first.said()).toContain('DEVELOPMENT ledger');
    expect(first.said()).toContain('publisher.token');
    expect(await publish(url, 'six-1.0.tar.gz')).toBe(200);
    const before = await published(url);
    expect(await ended(first.child, 'SIGINT')).toBe(0);

    const second = npmStart();
    const again = await urlOf(second);
    expect(second.said()).not.toContain('DEVELOPMENT ledger');
    expect(await published(again)).toEqual(before);
    expect(await ended(second.child, 'SIGTERM')).toBe(0);
  });

  it('goes on after it was killed in the middle', async () => {
    const first = npmStart();
    const url = await urlOf(first);
    expect(await publish(url, 'six-1.0.tar.gz')).toBe(200);
    void publish(url, 'six-2.0.tar.gz').catch(() => undefined);
    await ended(first.child, 'SIGKILL');
    const second = npmStart();
    const again = await urlOf(second);
    expect(await publish(again, 'six-2.0.tar.gz')).toBe(200);
    expect(await publish(again, 'six-3.0.tar.gz')).toBe(200);
    expect(await ended(second.child, 'SIGINT')).toBe(0);
  });

  it('refuses a second start on the same folder', async () => {
    const first = npmStart();
    await urlOf(first);
    const second = npmStart();
    expect(await ended(second.child)).toBe(1);
    expect(second.said()).toContain('TUF_LEDGER_DATA');
    expect(await ended(first.child, 'SIGINT')).toBe(0);
  });

  it('refuses an old Node in one sentence', async () => {
    const older = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.0"})';
    const { child, said } = npmStart({}, ['--import', older]);
    expect(await ended(child)).toBe(1);
    expect(said()).toContain('needs Node 20.19 or newer; this is 18.20.0');
  });

  it('tells all wrong settings at once', async () => {
    const { child, said } = npmStart({ PORT: 'x', TUF_LEDGER_BINS: '100', TUF_LEDGER_CUT_MS: '-1' });
    expect(await ended(child)).toBe(1);
    for (const name of ['PORT', 'TUF_LEDGER_BINS', 'TUF_LEDGER_CUT_MS']) expect(said()).toContain(name);
  });
});

describe('a start that can not be', () => {
  it('says that the port is in use, and lets the folder go', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startLedger(config({ port }))).rejects.toMatchObject({ code: 'port-in-use' });
    other.close();
    await (await startLedger(config())).stop();
  });

  it('says that the data folder can not be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(startLedger(config({ dataFolder: join(folder, 'file', 'data') }))).rejects.toMatchObject({
      code: 'data-folder-unwritable',
    });
  });

  it('names a key file that is damaged', async () => {
    await (await startLedger(config())).stop();
    const path = join(folder, 'data', 'keys', 'snapshot.pem');
    await writeFile(path, 'not a key', { mode: 0o600 });
    await expect(startLedger(config())).rejects.toMatchObject({
      code: 'key-file-corrupt',
      message: expect.stringContaining(path),
    });
  });

  it('names a ledger file that is damaged', async () => {
    await (await startLedger(config())).stop();
    await writeFile(join(folder, 'data', 'ledger.json'), '{');
    await expect(startLedger(config())).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('settings', () => {
  it('have defaults, and empty ones count as absent', () => {
    expect(readConfig({ PORT: '' })).toEqual({
      dataFolder: './data',
      host: '127.0.0.1',
      port: 8458,
      bins: 256,
      cutMs: 0,
    });
  });
});
