// How the time of one upload and the bytes of one state grow: with the bins, with the files that are there, with the states
// that were cut before.

import type { Bench } from '../bench.js';
import { folderMiB } from '../driving/folder-size.js';
import type { LedgerClient } from '../driving/ledger-client.js';
import type { LedgerProcess } from '../driving/ledger-process.js';
import type { MadeFile } from '../driving/made-files.js';
import { fill } from '../driving/posting.js';
import { bytesOf, type StateBytes, servedState } from '../driving/served-state.js';
import { timeUploads } from '../driving/uploads.js';
import { grouped } from '../report/figure.js';
import type { GrowthSize } from '../sizes.js';
import { percentile } from '../statistics.js';

/** `at` is the number of bins, of files or of states; times in milliseconds of one upload from POST to served timestamp. */
export interface GrowthPoint {
  readonly at: number;
  readonly p50: number;
  readonly p95: number;
  readonly state: StateBytes;
}

/** A point over states, with what the ledger takes on the disk by then. */
interface CutPoint extends GrowthPoint {
  readonly postgresMiB: number;
  readonly repositoryMiB: number;
}

export interface Growth {
  readonly bins: readonly GrowthPoint[];
  readonly files: readonly GrowthPoint[];
  readonly cuts: readonly CutPoint[];
}

export async function measureGrowth(bench: Bench<LedgerProcess>, size: GrowthSize): Promise<Growth> {
  const bins: GrowthPoint[] = [];
  for (const count of size.bins) {
    bench.say(`growth: ${grouped(count)} bins`);
    const uploads = { warmUps: bench.size.warmUps, uploads: size.uploads };
    bins.push(await bench.withLedger(client => point(client, bench.files(), count, uploads), count));
  }
  return { bins, files: await overFiles(bench, size), cuts: await overCuts(bench, size) };
}

function overFiles(
  bench: Bench<LedgerProcess>,
  { files: counts, uploads }: GrowthSize,
): Promise<GrowthPoint[]> {
  return bench.withLedger(async client => {
    const files = bench.files();
    const points: GrowthPoint[] = [];
    let there = 0;
    for (const count of counts) {
      bench.say(`growth: ${grouped(count)} files`);
      await fill(client, files, Math.max(0, count - there));
      points.push(await point(client, files, count, { warmUps: bench.size.warmUps, uploads }));
      there = Math.max(there, count) + bench.size.warmUps + uploads;
    }
    return points;
  });
}

function overCuts(bench: Bench<LedgerProcess>, { cuts, cutsPerPoint }: GrowthSize): Promise<CutPoint[]> {
  return bench.withLedger(async (client, ledger) => {
    const files = bench.files();
    const points: CutPoint[] = [];
    for (let at = cutsPerPoint; at <= cuts; at += cutsPerPoint) {
      bench.say(`growth: ${grouped(at)} states`);
      const measured = await point(client, files, at, { warmUps: 0, uploads: cutsPerPoint });
      const [postgresMiB, repositoryMiB] = [
        await folderMiB(ledger.folder, 'postgres'),
        await folderMiB(ledger.folder, 'repository'),
      ];
      points.push({ ...measured, postgresMiB, repositoryMiB });
    }
    return points;
  });
}

async function point(
  client: LedgerClient,
  files: Iterator<MadeFile, never>,
  at: number,
  count: { readonly warmUps: number; readonly uploads: number },
): Promise<GrowthPoint> {
  const { times, roles } = await timeUploads(client, files, count);
  const state = bytesOf(await servedState(client, roles));
  return { at, p50: percentile(times, 50), p95: percentile(times, 95), state };
}
