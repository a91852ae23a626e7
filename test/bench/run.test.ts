/** The bench as people run it: what it prints, and what it leaves behind. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningProcesses } from './driving/running-processes.js';
import type { RunReport } from './report/report.js';

const BUILT = 'dist/test/bench/main.js';
const SMALLEST = ['--only', 'opening', '--bins', '2', '--json'];

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
  env = { ...process.env, TMPDIR: folder };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(folder)).toEqual([]);
  const left = (await runningProcesses()).filter(({ command }) => command.includes(folder));
  expect(left).toEqual([]);
}

/** Resolves once a ledger of the bench has begun to make its data folder. */
async function ledgerBegan(): Promise<void> {
  for (;;) {
    const found = await readdir(folder, { recursive: true });
    if (found.some(name => name.includes('ledger'))) return;
    await pause(20);
  }
}

describe('npm run bench', () => {
  it('prints a report, and leaves nothing behind', async () => {
    const run = promisify(execFile)(process.execPath, ['tools/run.mjs', 'bench', ...SMALLEST], { env });
    const report = JSON.parse((await run).stdout) as RunReport;
    const [line, ...others] = report.lines;
    expect(others).toEqual([]);
    expect(line!.figures.map(({ key }) => key)).toEqual(['opening.process', 'opening.alone']);
    for (const { value, limit } of line!.figures) {
      expect(value).toBeGreaterThan(0);
      expect(limit.value).toBeGreaterThan(0);
    }
    await expectNothingLeft();
  });

  it('interrupted, ends what it started and removes its folders', async () => {
    const bench: ChildProcess = spawn(process.execPath, [BUILT, ...SMALLEST], { env, stdio: 'ignore' });
    await ledgerBegan();
    await pause(500);
    bench.kill('SIGINT');
    expect(await once(bench, 'exit')).toEqual([130, null]);
    await expectNothingLeft();
  });
});
