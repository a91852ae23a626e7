// The bench's command line.

import { parseArgs } from 'node:util';
import { isBinCount, MAX_BINS } from '#tuf';
import { type GroundName, LINE_NAMES, type LineName } from './line.js';
import { SIZES, type SizeName } from './sizes.js';

export const USAGE = `npm run bench -- [options] [kept report...]

  --size small|full   how much is done: small (256 bins, under two minutes) or full (16,384 bins and a million files)
  --bins N            hash bins, a power of two up to ${MAX_BINS}; the size's own by default
  --cluster           a ledger whose services are processes of their own, with Kafka, instead of one in one process
  --only A,B          these lines alone: ${LINE_NAMES.process.join(', ')};
                      with --cluster: ${LINE_NAMES.cluster.join(', ')}
  --grow              how one upload and one state grow with bins, files and states, instead of the figures
  --json              print the report as JSON
  --out FILE          keep the report, as JSON
  --doc               write the report into docs/performance.md; with kept reports: those, and measure nothing
  --help              this text

Everything is written below the system's temporary folder; set TMPDIR to measure another disk.
`;

export interface Options {
  readonly size: SizeName;
  readonly bins: number;
  readonly ground: GroundName;
  readonly lines: readonly LineName[];
  readonly grow: boolean;
  readonly json: boolean;
  readonly doc: boolean;
  readonly help: boolean;
  readonly out: string | undefined;
  /** Files of reports to make documents from. */
  readonly reports: readonly string[];
}

/** @throws Error that says which option is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      size: { type: 'string', default: 'small' },
      bins: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
      grow: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      doc: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { grow, json, doc, help, out, cluster } = values;
  const ground = cluster ? 'cluster' : 'process';
  if (grow && cluster) throw new Error('--grow measures a ledger in one process; it goes without --cluster.');
  if (positionals.length > 0 && !doc) throw new Error('Kept reports are read with --doc only.');
  const size = sizeOf(values.size);
  const bins = binsOf(values.bins ?? String(SIZES[size].bins));
  const lines = linesOf(values.only, LINE_NAMES[ground]);
  return { size, bins, ground, lines, grow, json, doc, help, out, reports: positionals };
}

function sizeOf(text: string): SizeName {
  if (Object.hasOwn(SIZES, text)) return text as SizeName;
  throw new Error(`--size is "${text}"; it must be one of: ${Object.keys(SIZES).join(', ')}.`);
}

function binsOf(text: string): number {
  const bins = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (isBinCount(bins)) return bins;
  throw new Error(`--bins is "${text}"; it must be a power of two from 2 to ${MAX_BINS}.`);
}

function linesOf(text: string | undefined, names: readonly LineName[]): readonly LineName[] {
  if (text === undefined) return names;
  const wanted = text.split(',');
  const unknown = wanted.find(name => !names.includes(name as LineName));
  if (unknown !== undefined) throw new Error(`--only names "${unknown}"; there are: ${names.join(', ')}.`);
  return names.filter(name => wanted.includes(name));
}
