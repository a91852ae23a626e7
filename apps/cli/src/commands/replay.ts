// `tuf-ledger replay`: folds a ledger's log anew, on this machine and without any key, into the repository that follows from it,
// and compares that with what is served. It trusts the server for nothing but the bytes of the log, and by the ledger's name
// not even for their beginning.

import { type Command, InvalidArgumentError } from 'commander';
import { FolderFiles } from '#files';
import { type CompleteState, Published, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { fromBase64, fromUtf8, isHex } from '#tuf';
import { type Environment, print, printJson } from '../environment.js';
import { CliError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import { Gateway } from '../gateway.js';
import { startProgress } from '../progress.js';
import { type ServerOptions, withServerOptions } from '../server-options.js';
import { count } from '../wording.js';

interface ReplayOptions extends ServerOptions {
  readonly ledger?: string;
  readonly to?: number;
  readonly out?: string;
  readonly repository?: string;
  readonly compare: boolean;
}

/** Differing files that are named; the rest are counted. */
const MAX_NAMED = 10;

interface Replayed {
  readonly ledger: string;
  readonly records: number;
  readonly noise: number;
  readonly rootHash: string;
  readonly state: CompleteState | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export function registerReplay(program: Command, environment: Environment): void {
  withServerOptions(program.command('replay'))
    .description(
      'derive the repository anew from the log, without any key, and compare it with what is served',
    )
    .option(
      '--ledger <name>',
      'the name of the ledger, 64 hex digits (default: what the server says it is)',
      ledgerOf,
    )
    .option('--to <position>', 'fold no record above this position', positionOf)
    .option('--out <folder>', 'write the repository into this folder')
    .option(
      '--repository <url>',
      'compare with what is served below <url>/metadata/ (default: by the server)',
    )
    .option('--no-compare', 'do not compare with the files that are served')
    .action((options: ReplayOptions) => replay(options, environment));
}

function ledgerOf(text: string): string {
  if (isHex(text, 32)) return text;
  throw new InvalidArgumentError('It is 64 lower-case hex digits; ledger.json of the data folder holds it.');
}

function positionOf(text: string): number {
  const position = Number(text);
  if (Number.isSafeInteger(position) && position >= 0) return position;
  throw new InvalidArgumentError('It is a whole number from 0 on.');
}

async function replay(options: ReplayOptions, environment: Environment): Promise<void> {
  const gateway = new Gateway(options.server, environment);
  const replayed = await fold(gateway, options, environment);
  if (replayed.records === 0) throw unknownLedger(gateway, replayed);
  if (options.out !== undefined) {
    const files = await FolderFiles.open(options.out);
    await files.writeAll([...replayed.files].map(([name, bytes]) => ({ name, bytes })));
  }
  const comparison =
    options.compare && options.to === undefined
      ? await compare(new Gateway(options.repository ?? options.server, environment), replayed)
      : undefined;
  if (options.json) printJson(environment, resultJson(replayed, comparison));
  else print(environment, ...resultLines(replayed, comparison, options.out));
  if (comparison && comparison.different.length > 0) environment.exitCode = ExitCode.refused;
  else if (comparison?.compared === 0) environment.exitCode = ExitCode.pending;
}

function unknownLedger(gateway: Gateway, { ledger, noise }: Replayed): CliError {
  return new CliError(
    'ledger-unknown',
    `None of the ${count(noise, 'value')} of the log at ${gateway.address} opens the ledger ${ledger}.`,
    'Check the name with whoever gave it to you; if it is right, that server serves another ledger.',
  );
}

async function fold(gateway: Gateway, options: ReplayOptions, environment: Environment): Promise<Replayed> {
  const { ledger: served, size } = await gateway.ledger();
  const ledger = options.ledger ?? served;
  const folds = new Replay(ledger, nativeCrypto);
  const published = new Published();
  const progress = startProgress(environment, 'folding records', Math.min(size, (options.to ?? size) + 1));
  let noise = 0;
  for await (const { value } of gateway.all('log')) {
    const effects = folds.next(fromBase64(value));
    if (effects) published.take(effects);
    else noise += 1;
    progress.update(folds.state.reader.size);
    if (effects && effects.step.position === options.to) break;
  }
  progress.stop();
  const { reader } = folds.state;
  const { state, files } = published;
  return { ledger, records: reader.size, noise, rootHash: reader.rootHash, state, files };
}

interface Comparison {
  readonly compared: number;
  /** Files of which nothing is served under their name; they are among the different ones. */
  readonly absent: number;
  readonly different: readonly string[];
}

/** Compares every file of the newest replayed state with the one that is served under its name. */
async function compare(gateway: Gateway, { files, state }: Replayed): Promise<Comparison> {
  const different: string[] = [];
  const names = state ? currentNames(files, state.root) : [];
  let absent = 0;
  for (const name of names) {
    const served = await gateway.metadata(name);
    if (served === undefined) absent++;
    if (served !== fromUtf8(files.get(name)!)) different.push(name);
  }
  return { compared: names.length, absent, different };
}

/** Every root up to the one that the newest state was made under, which alone are published, and the files that its timestamp leads to. */
function currentNames(files: ReadonlyMap<string, Uint8Array>, root: number): string[] {
  const read = (name: string) => JSON.parse(fromUtf8(files.get(name)!)).signed;
  const roots = Array.from({ length: root }, (_, i) => `${i + 1}.root.json`);
  const snapshot = `${read('timestamp.json').meta['snapshot.json'].version}.snapshot.json`;
  const meta: Record<string, { version: number }> = read(snapshot).meta;
  const roles = Object.entries(meta).map(([name, { version }]) => `${version}.${name}`);
  return [...roots, ...roles, snapshot, 'timestamp.json'];
}

function resultJson(replayed: Replayed, comparison: Comparison | undefined): object {
  const { ledger, records, noise, rootHash, state, files } = replayed;
  return { ledger, records, noise, rootHash, state: state ?? null, files: files.size, ...comparison };
}

function resultLines(
  replayed: Replayed,
  comparison: Comparison | undefined,
  out: string | undefined,
): string[] {
  const { records, noise, rootHash, state, files } = replayed;
  const lines = [
    `Folded ${count(records, 'record')} (${count(noise, 'value')} of noise between them); Merkle root ${rootHash}.`,
    state
      ? `They derive ${count(files.size, 'file')}; the newest complete state is ${state.state}.`
      : 'They complete no state yet.',
  ];
  if (out !== undefined) lines.push(`Written to ${out}.`);
  if (comparison) lines.push(...comparisonLines(comparison));
  return lines;
}

function comparisonLines({ compared, absent, different }: Comparison): string[] {
  if (compared === 0) return ['So there was nothing to compare with what is served.'];
  if (different.length === 0)
    return [`All ${count(compared, 'file')} of that state are served byte for byte as derived.`];
  if (absent === compared)
    return [
      `NONE of the ${count(compared, 'file')} of that state is served there.`,
      'Where the repository is a service of its own, name it: --repository http://HOST:8459',
    ];
  return [
    `${different.length} of ${count(compared, 'file')} are NOT served as derived:`,
    ...different.slice(0, MAX_NAMED).map(name => `  ${name}`),
    'If something was published while this ran, run it again; if it repeats, do not trust that server.',
  ];
}
