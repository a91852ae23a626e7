import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { LedgerEvent } from '#ledger';
import { nativeCrypto } from '#signing';
import { testKey, testKeyPem } from '../../../test/fixtures/keys.js';
import { TEST_EPOCH_MS, TestLedger } from '../../../test/fixtures/test-ledger.js';
import { ExitCode } from '../src/exit-code.js';
import { serveLedger } from './ledger-gateway.js';
import { type CliRun, runCli } from './run-cli.js';

let ledger: TestLedger;
let url: string;
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tuf-ledger-cli-'));
  onTestFinished(() => rm(data, { recursive: true }));
  await mkdir(join(data, 'keys'));
  await writeFile(join(data, 'keys', 'administrator.pem'), testKeyPem('administrator'), { mode: 0o600 });
  ledger = new TestLedger({ crypto: nativeCrypto }).open();
  ledger.publish();
  url = await serveLedger(ledger);
});

async function administer(events: unknown, ...args: readonly string[]): Promise<CliRun> {
  const file = join(data, 'events.json');
  await writeFile(file, JSON.stringify(events));
  return runCli(['administer', file, '--server', url, '--data', data, ...args]);
}

describe('administer', () => {
  it('says several events in one record of the administrators, and tells what became of each', async () => {
    const { policy } = ledger.replay.state.root;
    const events: LedgerEvent[] = [
      { type: 'policy.changed', policy: { ...policy!, overlap: 1 } },
      { type: 'clock.set', at: TEST_EPOCH_MS - 1 },
      { type: 'path.released', path: 'six/a' },
      { type: 'key.rotated', role: 'administrators', keys: [testKey('second').key], threshold: 1 },
    ];
    const { exitCode, stdout } = await administer(events);
    const results = ['applied', 'applied', 'unchanged', 'applied'];
    const position = ledger.effects.length - 1;
    expect(stdout).toBe(
      events.map(({ type }, i) => `${type} (position ${position}): ${results[i]}\n`).join(''),
    );
    expect(exitCode).toBe(ExitCode.ok);
    const again = await administer(events[1]);
    expect(again).toMatchObject({
      exitCode: ExitCode.notPermitted,
      stderr: expect.stringContaining('none of this'),
    });
  });

  it('tells of what is rejected', async () => {
    const { exitCode, stdout } = await administer(
      { type: 'clock.set', at: Number.MAX_SAFE_INTEGER },
      '--json',
    );
    expect(JSON.parse(stdout).outcomes).toMatchObject([{ result: 'rejected', code: 'clock-out-of-range' }]);
    expect(exitCode).toBe(ExitCode.refused);
  });

  it.each([
    ['a malformed event', { type: 'clock.set' }],
    ['an unknown event', { type: 'clock.reset', at: 1 }],
    ['no event', []],
  ])('appends nothing where there is %s', async (_what, events) => {
    const before = ledger.values.length;
    expect((await administer(events)).exitCode).toBe(ExitCode.badInput);
    expect(ledger.values).toHaveLength(before);
  });

  it('appends nothing where there is no file', async () => {
    const ran = await runCli(['administer', join(data, 'none'), '--server', url, '--data', data]);
    expect(ran).toMatchObject({
      exitCode: ExitCode.badInput,
      stderr: expect.stringContaining("can't be read"),
    });
  });
});
