// `tuf-ledger open`: opens a development ledger in a data folder, with another choice than `npm start` makes by itself.

import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_POLICY, HostError, LedgerFolder, type OpeningChoice, openLedgerFolder } from '#host';
import type { PathRule } from '#ledger';
import { nativeCrypto } from '#signing';
import { type BinScheme, isBinCount, MAX_BINS, MIN_BINS } from '#tuf';
import { type Environment, print, printJson } from '../environment.js';
import { CliError } from '../errors.js';

interface OpenOptions {
  readonly data?: string;
  readonly origin: string;
  readonly bins: number;
  readonly scheme: BinScheme;
  readonly pathRule: PathRule;
  readonly json?: true;
}

const DEFAULT_BINS = 256;
const ORIGIN_FORM = /^[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/;

export function registerOpen(program: Command, environment: Environment): void {
  program
    .command('open')
    .description('open a development ledger, all keys in its data folder, without starting it')
    .option('--data <folder>', 'the data folder (default: TUF_LEDGER_DATA, or ./data)')
    .option(
      '--origin <name>',
      "the ledger's name for people, without a scheme",
      originOf,
      'development.invalid/tuf-ledger',
    )
    .option(
      '--bins <count>',
      `hash bins, a power of two from ${MIN_BINS} to ${MAX_BINS}`,
      binsOf,
      DEFAULT_BINS,
    )
    .addOption(
      new Option(
        '--scheme <scheme>',
        'how bins are delegated: no client reads both well, see docs/operations.md',
      )
        .choices(['succinct', 'path_hash_prefixes'])
        .default('succinct'),
    )
    .addOption(
      new Option('--path-rule <rule>', 'how targets are named')
        .choices(['project-file', 'free'])
        .default('project-file'),
    )
    .option('--json', 'print the result as JSON')
    .action((options: OpenOptions) => open(options, environment));
}

function originOf(text: string): string {
  if (ORIGIN_FORM.test(text)) return text;
  throw new InvalidArgumentError('Give a name such as index.example.org/simple, without https://.');
}

function binsOf(text: string): number {
  const count = Number(text);
  if (isBinCount(count)) return count;
  throw new InvalidArgumentError(`It must be a power of two from ${MIN_BINS} to ${MAX_BINS}.`);
}

async function open(options: OpenOptions, environment: Environment): Promise<void> {
  const folder = new LedgerFolder(resolve(options.data ?? environment.variables.TUF_LEDGER_DATA ?? './data'));
  const choice: OpeningChoice = {
    origin: options.origin,
    bins: { scheme: options.scheme, count: options.bins },
    pathRule: options.pathRule,
    policy: DEFAULT_POLICY,
  };
  const { ledger } = await openNew(folder, choice, environment.now());
  if (options.json) {
    printJson(environment, { ledger, data: folder.path, ...choice });
    return;
  }
  print(
    environment,
    `Opened the development ledger ${ledger} in ${folder.path}.`,
    'All of its private keys, the offline ones too, lie in that folder: whoever reads it can sign anything.',
    `Start it with: TUF_LEDGER_DATA=${folder.path} npm start`,
  );
}

async function openNew(folder: LedgerFolder, choice: OpeningChoice, now: number) {
  try {
    const known = await folder.read();
    if (known) {
      throw new CliError(
        'ledger-exists',
        `${folder.path} holds the ledger ${known.ledger} already.`,
        'Start it with `npm start`, or open another one in another folder with --data.',
      );
    }
    return await openLedgerFolder(folder, choice, nativeCrypto, now);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CliError('folder-unusable', error.message, 'Nothing was opened.', { cause: error });
  }
}
