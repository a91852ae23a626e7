// `tuf-ledger open`: opens a ledger in a data folder: a development ledger with all of its keys there, with another choice than `npm start`
// makes by itself; or, with --offline, one whose root, targets and administrators' keys are elsewhere.

import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  appendOpening,
  createLog,
  DEFAULT_POLICY,
  HostError,
  type LedgerFile,
  LedgerFolder,
  type LogTarget,
  logTarget,
  type OpeningChoice,
  openLedgerFolder,
  readSettings,
} from '#host';
import type { PathRule } from '#ledger';
import { LogError } from '#log';
import { Reader } from '#projection';
import { nativeCrypto } from '#signing';
import { type BinScheme, isBinCount, MAX_BINS, MIN_BINS } from '#tuf';
import { collected } from '../administration.js';
import { type Environment, print, printJson } from '../environment.js';
import { CliError } from '../errors.js';
import { finishOpening, type OfflineOptions, proposeOpening } from './open/offline.js';

interface OpenOptions extends OfflineOptions {
  readonly data?: string;
  readonly origin: string;
  readonly bins: number;
  readonly scheme: BinScheme;
  readonly pathRule: PathRule;
  readonly log?: string;
  readonly ifNew?: true;
  readonly offline?: true;
  readonly finish: readonly string[];
}

const DEFAULT_BINS = 256;
const DEFAULT_DAYS = 365;
const MAX_DAYS = 3_650;
/** Where in a log its opening is looked for: others may have written to it before. */
const FIRST_VALUES = { maxEntries: 1_000, maxBytes: 4 * 1024 * 1024, waitMs: 0 };
const ORIGIN_FORM = /^[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/;

export function registerOpen(program: Command, environment: Environment): void {
  program
    .command('open')
    .description(
      'open a ledger: a development ledger, all keys in its data folder; with --offline by a ceremony',
    )
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
    .option(
      '--log <url>',
      'also begin this log with it: kafka://host:port/topic (the topic is made) or postgres://...; default: npm start does so',
    )
    .option('--offline', 'a ceremony: write the opening to a file that keyholders sign elsewhere')
    .option(
      '--root <file>',
      '--offline: a public key of root, as often as there are keyholders',
      collected,
      [],
    )
    .option('--targets-key <file>', "--offline: a public key of targets (default: root's)", collected, [])
    .option('--bins-key <file>', '--offline: a public key of bins (default: those of targets)', collected, [])
    .option(
      '--administrator <file>',
      "--offline: an administrator's public key (default: root's)",
      collected,
      [],
    )
    .option(
      '--threshold <who=n>',
      '--offline: how many of root, targets, bins or administrators must sign (default: more than half)',
      collected,
      [],
    )
    .option('--days <n>', '--offline: how long root, targets and bins are valid', daysOf, DEFAULT_DAYS)
    .option('--out <file>', '--offline: the file to sign', 'opening.json')
    .option(
      '--finish <file>',
      '--offline: open the ledger by this signed file, as often as there are copies',
      collected,
      [],
    )
    .option('--if-new', 'do nothing, successfully, where the folder holds a ledger whose log has begun')
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
  requireOffline(options);
  const folder = new LedgerFolder(resolve(options.data ?? environment.variables.TUF_LEDGER_DATA ?? './data'));
  const choice: OpeningChoice = {
    origin: options.origin,
    bins: { scheme: options.scheme, count: options.bins },
    pathRule: options.pathRule,
    policy: DEFAULT_POLICY,
  };
  const target = options.log === undefined ? undefined : targetOf(options.log, environment);
  if (options.offline && options.finish.length === 0) {
    await requireNone(folder);
    return asCliErrors(() => proposeOpening(folder, choice, options, environment));
  }
  const { ledger } = await asCliErrors(async () => {
    const opened = options.offline
      ? await finish(folder, options, environment)
      : await openFolder(folder, choice, environment.now(), options.ifNew ?? false);
    if (target) await beginLog(folder, opened.ledger, target);
    return opened;
  });
  if (options.json) {
    printJson(environment, { ledger, data: folder.path, ...(!options.offline && choice) });
    return;
  }
  const kind = options.offline
    ? [`Opened the ledger ${ledger} in ${folder.path}. Keep its name: by it services and auditors know it.`]
    : [
        `Opened the development ledger ${ledger} in ${folder.path}.`,
        'All of its private keys, the offline ones too, lie in that folder: whoever reads it can sign anything.',
      ];
  print(
    environment,
    ...kind,
    target
      ? 'Its log has begun; start its services.'
      : `Start it with: TUF_LEDGER_DATA=${folder.path} npm start`,
  );
}

/** Whoever gives keyholders' keys means no development ledger. */
function requireOffline({
  offline,
  finish,
  root,
  targetsKey,
  binsKey,
  administrator,
  threshold,
}: OpenOptions): void {
  const given = [finish, root, targetsKey, binsKey, administrator, threshold].some(list => list.length > 0);
  if (offline || !given) return;
  throw new CliError(
    'arguments-invalid',
    'Keys and thresholds of keyholders are for a ceremony, and --offline is missing.',
    'Add --offline; nothing was opened.',
  );
}

/** With --if-new a ceremony that was finished, but whose log was not begun, goes on. */
async function finish(
  folder: LedgerFolder,
  options: OpenOptions,
  environment: Environment,
): Promise<LedgerFile> {
  const known = await folder.read();
  if (known && options.ifNew) return known;
  await requireNone(folder);
  return finishOpening(folder, options.finish, options.json, environment);
}

async function requireNone(folder: LedgerFolder): Promise<void> {
  const known = await folder.read();
  if (!known) return;
  throw new CliError(
    'ledger-exists',
    `${folder.path} holds the ledger ${known.ledger} already.`,
    'Start it, or open another one in another folder with --data.',
  );
}

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isSafeInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MAX_DAYS}.`);
}

async function openFolder(
  folder: LedgerFolder,
  choice: OpeningChoice,
  now: number,
  ifNew: boolean,
): Promise<LedgerFile> {
  const known = await folder.read();
  if (known && !ifNew) {
    throw new CliError(
      'ledger-exists',
      `${folder.path} holds the ledger ${known.ledger} already.`,
      'Start it, begin its log by --log and --if-new, or open another one in another folder with --data.',
    );
  }
  return known ?? openLedgerFolder(folder, choice, nativeCrypto, now);
}

/** TLS and the login of a Kafka cluster come from the environment, as they do for the services. */
function targetOf(url: string, { variables }: Environment): LogTarget {
  try {
    return readSettings({ ...variables, TUF_LEDGER_LOG: url }, logTarget);
  } catch (error) {
    throw new CliError('arguments-invalid', (error as Error).message, 'Nothing was opened.', {
      cause: error,
    });
  }
}

/** Appends the opening to a log that is empty. One that was interrupted here goes on when it is run again. */
async function beginLog(folder: LedgerFolder, ledger: string, target: LogTarget): Promise<void> {
  const log = await createLog(target, { clientId: 'tuf-ledger-open', connections: 1 });
  try {
    await appendOpening(folder, log);
    const reader = Reader.begin(ledger, nativeCrypto);
    for (const { value } of await log.read(0, FIRST_VALUES)) reader.next(value);
    if (reader.opened) return;
    throw new CliError(
      'log-unusable',
      `The log holds values, and this ledger's opening is none of the first ${FIRST_VALUES.maxEntries}.`,
      'Give each ledger a log of its own.',
    );
  } finally {
    await log.close();
  }
}

async function asCliErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HostError)
      throw new CliError('folder-unusable', error.message, 'Nothing was opened.', { cause: error });
    if (error instanceof LogError)
      throw new CliError(
        'log-unusable',
        error.message,
        'The keys were made; run the same command with --if-new when the log answers.',
        { cause: error },
      );
    throw error;
  }
}
