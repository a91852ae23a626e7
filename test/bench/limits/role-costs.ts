// What one version of a role takes on this machine: its text rendered, hashed, signed, verified and written. Measured on the
// very files that the ledger served, so on the same sizes, and on the same disk.

import { generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServedState } from '../driving/served-state.js';
import type { Part } from '../report/figure.js';
import { percentile, timedNow } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import { partOf } from './costs.js';

/** Milliseconds of one version, by step. */
type RoleCosts = Readonly<Record<'render' | 'sha256' | 'sign' | 'verify' | 'write', number>>;

/** How often a snapshot or timestamp is measured. */
const REPEATS = 32;
/** A renderer keeps a bin's targets one by one, and a snapshot's roles in blocks of so many, since few of them change at once. */
const SNAPSHOT_BLOCK = 128;

/** What so many bins, and snapshot and timestamp so often, take at the sizes of a served state. */
export async function stateParts(
  workplace: Workplace,
  served: ServedState,
  count: { readonly bins: number; readonly states: number },
): Promise<Part[]> {
  const folder = await workplace.folder('roles');
  const { bins, snapshot, timestamp } = served;
  const repeated = (file: Buffer) => Array.from({ length: REPEATS }, () => file);
  const cost = (name: string, files: readonly Buffer[], entriesPerPiece: number) => {
    const texts = files.map(file => piecesOf(file.toString(), entriesPerPiece));
    return measureRole(texts, join(folder, name));
  };
  return [
    partOf('bin', count.bins, cost('bin', bins, 1)),
    partOf('snapshot', count.states, cost('snapshot', repeated(snapshot), SNAPSHOT_BLOCK)),
    partOf('timestamp', count.states, cost('timestamp', repeated(timestamp), 1)),
  ];
}

/** The costs of one of these texts, given in pieces: the median of all. They are written under `path` with a number each. */
function measureRole(pieces: readonly (readonly string[])[], path: string): RoleCosts {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const texts: Buffer[] = [];
  const signatures: Buffer[] = [];
  const each = (work: (nth: number) => unknown) =>
    percentile(
      pieces.map((_, nth) => timedNow(() => work(nth))),
      50,
    );
  return {
    render: each(nth => texts.push(Buffer.from(pieces[nth]!.join('')))),
    sha256: each(nth => hash('sha256', texts[nth]!, 'buffer')),
    sign: each(nth => signatures.push(sign(null, texts[nth]!, privateKey))),
    verify: each(nth => verify(null, texts[nth]!, publicKey, signatures[nth]!)),
    write: each(nth => {
      writeFileSync(`${path}.new`, texts[nth]!);
      renameSync(`${path}.new`, `${path}.${nth}`);
    }),
  };
}

/** A file's text in pieces that end where an entry ends, with so many entries each. */
function piecesOf(text: string, entriesPerPiece: number): string[] {
  const entries = text.split(/(?<=\},)/);
  const pieces: string[] = [];
  for (let i = 0; i < entries.length; i += entriesPerPiece)
    pieces.push(entries.slice(i, i + entriesPerPiece).join(''));
  return pieces;
}
