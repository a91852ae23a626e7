// `npm run bench`: what one upload and the demo import take. Each line has a figure, a limit measured in the same run, and their
// ratio; read the ratio. `--json` prints the same for machines, `--bins N` sets the number of bins.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLedger } from '#apps/ledger/src/ledger';
import { type Figure, figureTable } from './figure.js';
import { measureImport } from './import.js';
import { measureLimits } from './limits.js';
import { measureUploads } from './upload.js';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, bins: { type: 'string', default: '256' } },
  });
  const dataFolder = await mkdtemp(join(tmpdir(), 'tuf-ledger-bench-'));
  const running = await startLedger({
    dataFolder,
    host: '127.0.0.1',
    port: 0,
    bins: Number(values.bins),
    cutMs: 0,
  });
  const figures: Figure[] = [];
  try {
    const token = (await readFile(join(dataFolder, 'publisher.token'), 'utf8')).trim();
    const server = { url: running.url, token };
    const limits = await measureLimits();
    figures.push(...(await measureUploads(server, limits)));
    figures.push(await measureImport(server, limits));
  } finally {
    await running.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ bins: Number(values.bins), figures }, null, 2)}\n`
      : figureTable(figures),
  );
}

await main();
