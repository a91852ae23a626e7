// `tuf-ledger open --offline`: the first ceremony. The operator has the public keys of the keyholders, and makes the file that they sign;
// with `--finish` and their signatures the data folder is that of an open ledger. No offline key ever comes near it.

import {
  type Keyholders,
  type LedgerFile,
  type LedgerFolder,
  loadPublisherKey,
  loadServiceKeys,
  type OpeningChoice,
  prepareOpening,
  writeOpening,
} from '#host';
import { decodePayload, type KeySet, OFFLINE_ROLES, type SignedEntry } from '#ledger';
import { nativeCrypto } from '#signing';
import { formatExpires, fromHex, type Key, keyid, toHex } from '#tuf';
import { requireUnsigned } from '../../ceremony/ceremony-file.js';
import { Opening, readOpening, writeOpeningFile } from '../../ceremony/opening-file.js';
import { isOpeningComplete, openingLines, openingSignatureLines } from '../../ceremony/opening-words.js';
import { type Environment, print, printJson } from '../../environment.js';
import { CliError } from '../../errors.js';
import { asCliErrors, readPublicKey } from '../../key-files.js';

const DAY_SECONDS = 86_400;

export interface OfflineOptions {
  readonly root: readonly string[];
  readonly targetsKey: readonly string[];
  readonly binsKey: readonly string[];
  readonly administrator: readonly string[];
  readonly threshold: readonly string[];
  readonly days: number;
  readonly out: string;
  readonly json?: true;
}

/** Who may have a threshold of its own. */
const HOLDERS = ['root', 'targets', 'bins', 'administrators'] as const;
type Holder = (typeof HOLDERS)[number];

/** Makes the services' keys, and the file that the keyholders sign. */
export async function proposeOpening(
  folder: LedgerFolder,
  choice: OpeningChoice,
  options: OfflineOptions,
  environment: Environment,
): Promise<void> {
  await requireUnsigned(options.out);
  const keyholders = await keyholdersOf(options);
  const expires = formatExpires(Math.floor(environment.now() / 1000) + options.days * DAY_SECONDS);
  const payload = await prepareOpening(folder, choice, keyholders, expires, nativeCrypto);
  const opening = new Opening(payload);
  await writeOpeningFile(options.out, opening);
  for (const line of sharedBy(keyholders)) environment.stderr.write(`Warning: ${line}.\n`);
  if (options.json)
    return printJson(environment, { file: options.out, ledger: opening.ledger, opened: opening.opened });
  print(
    environment,
    ...openingLines(opening),
    ...openingSignatureLines(opening),
    `Written to ${options.out}; the services' keys are in ${folder.keys}. Next, on each keyholder's machine: tuf-ledger root sign ${options.out} --key FILE`,
    `When enough have signed: tuf-ledger open --offline --data ${folder.path} --finish ${options.out}`,
  );
}

async function keyholdersOf(options: OfflineOptions): Promise<Keyholders> {
  const thresholds = thresholdsOf(options.threshold);
  if (options.root.length === 0)
    throw new CliError(
      'arguments-invalid',
      'A ledger needs root keys.',
      "Give each keyholder's public key with --root FILE.",
    );
  const read = async (holder: Holder, files: readonly string[]): Promise<KeySet> => {
    const keys = await Promise.all(files.map(readPublicKey));
    return setOf(holder, keys, thresholds.get(holder) ?? Math.floor(keys.length / 2) + 1);
  };
  const targets = options.targetsKey.length > 0 ? options.targetsKey : options.root;
  return {
    root: await read('root', options.root),
    targets: await read('targets', targets),
    bins: await read('bins', options.binsKey.length > 0 ? options.binsKey : targets),
    administrators: await read(
      'administrators',
      options.administrator.length > 0 ? options.administrator : options.root,
    ),
  };
}

function setOf(holder: Holder, keys: readonly Key[], threshold: number): KeySet {
  const distinct = new Set(keys.map(key => keyid(key, nativeCrypto))).size;
  if (distinct < keys.length)
    throw new CliError(
      'arguments-invalid',
      `${holder} was given the same key twice.`,
      'One key counts once; give each once.',
    );
  if (threshold <= keys.length) return { keys, threshold };
  throw new CliError(
    'arguments-invalid',
    `${holder} has ${keys.length} keys and the threshold ${threshold}.`,
    `Give a threshold from 1 to ${keys.length}, or more keys.`,
  );
}

function thresholdsOf(options: readonly string[]): Map<Holder, number> {
  return new Map(
    options.map(option => {
      const [name, count] = option.split('=');
      const holder = HOLDERS.find(known => known === name);
      const threshold = Number(count);
      if (holder && Number.isSafeInteger(threshold) && threshold >= 1) return [holder, threshold];
      throw new CliError(
        'arguments-invalid',
        `--threshold ${option} is not of the form WHO=N.`,
        `WHO is one of ${HOLDERS.join(', ')}, N a whole number from 1.`,
      );
    }),
  );
}

/** Whoever holds a key of two roles speaks for both. */
function sharedBy(keyholders: Keyholders): string[] {
  const sets = HOLDERS.map(holder => ({
    holder,
    ids: keyholders[holder].keys.map(key => keyid(key, nativeCrypto)),
  }));
  return sets.flatMap(({ holder, ids }, i) =>
    sets
      .slice(i + 1)
      .filter(other => other.ids.some(id => ids.includes(id)))
      .map(other => `${holder} and ${other.holder} share keys: whoever holds them speaks for both`),
  );
}

/** Writes the opening of a data folder from signed copies of one file. */
export async function finishOpening(
  folder: LedgerFolder,
  files: readonly string[],
  json: true | undefined,
  environment: Environment,
): Promise<LedgerFile> {
  const opening = await mergedOpening(files);
  if (!isOpeningComplete(opening)) {
    if (!json) print(environment, ...openingSignatureLines(opening));
    throw new CliError(
      'proposal-refused',
      'Signatures are missing.',
      'Have it signed further: tuf-ledger root sign.',
    );
  }
  const gateway = await asCliErrors(() => loadPublisherKey(folder.keys, 'gateway'));
  await requireServiceKeys(folder, opening);
  const record = opening.valid('record').map(({ keyid, sig }) => ({ keyid, sig: fromHex(sig) }));
  const drafts = OFFLINE_ROLES.flatMap(role => {
    const sha256 = toHex(nativeCrypto.sha256(opening.message(role)));
    return opening
      .valid(role)
      .map(({ keyid, sig }): SignedEntry => ({ role, version: 1, sha256, keyid, sig }));
  });
  const { payload, opened } = opening;
  return writeOpening(folder, { payload, opened }, { record, drafts }, gateway, nativeCrypto);
}

/** The services' keys in the folder must be those that the opening names, or nothing would ever be appended or signed. */
async function requireServiceKeys(folder: LedgerFolder, { payload, opened }: Opening): Promise<void> {
  const enrolled = decodePayload(payload)!.events.flatMap(event =>
    event.key ? [event.key as unknown as Key] : [],
  );
  const online = (['hashBins', 'snapshot', 'timestamp'] as const).flatMap(role => opened.roles[role].keys);
  const named = new Set([...enrolled, ...online].map(key => keyid(key, nativeCrypto)));
  const keys = await asCliErrors(() => loadServiceKeys(folder));
  const held = [keys.gateway, keys.scheduler, keys.signer, ...keys.online].map(key => key.keyid);
  if ([...named].every(id => held.includes(id))) return;
  throw new CliError(
    'folder-unusable',
    `${folder.keys} does not hold the services' keys that the opening names.`,
    'Finish it in the data folder in which `tuf-ledger open --offline` was run.',
  );
}

async function mergedOpening(files: readonly string[]): Promise<Opening> {
  const openings = await Promise.all(
    files.map(async file => {
      const opening = await readOpening(file);
      if (opening) return opening;
      throw new CliError(
        'proposal-malformed',
        `${file} is no opening.`,
        'Give the file of `tuf-ledger open --offline`, signed.',
      );
    }),
  );
  const [first, ...others] = openings;
  const stranger = others.find(({ ledger }) => ledger !== first!.ledger);
  if (stranger)
    throw new CliError(
      'other-draft',
      `The files are of two openings, of ${first!.ledger} and of ${stranger.ledger}.`,
      'Signatures count for the opening that they were made over only: have one of them signed by all.',
    );
  return first!.with(others.flatMap(({ signatures }) => signatures));
}
