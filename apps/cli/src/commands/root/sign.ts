// `tuf-ledger root sign`: a keyholder's part, on a machine that needs no network. Shows what is signed, and adds the signature to the file.

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { SigningKey } from '#signing';
import { canonicalize, isJsonObject, type Json, type JsonObject, toHex, utf8 } from '#tuf';
import { collected } from '../../administration.js';
import { type Opening, readOpening, writeOpeningFile } from '../../ceremony/opening-file.js';
import { isOpeningComplete, openingLines, openingSignatureLines } from '../../ceremony/opening-words.js';
import {
  merged,
  type Proposal,
  readProposal,
  validSignatures,
  writeProposal,
} from '../../ceremony/proposal-file.js';
import { areEnough, proposalLines, shortKeyid, signatureLines } from '../../ceremony/proposal-words.js';
import { requireValid } from '../../ceremony/validity.js';
import { type Environment, print, printJson } from '../../environment.js';
import { CliError } from '../../errors.js';
import { readPrivateKeys } from '../../key-files.js';
import { agrees } from '../../passphrase.js';

interface SignOptions {
  readonly key: readonly string[];
  readonly against?: string;
  readonly passphraseFile?: string;
  readonly out?: string;
  readonly yes?: true;
  readonly json?: true;
}

export function registerSign(root: Command, environment: Environment): void {
  root
    .command('sign')
    .description('show what a proposal changes, and sign it; needs no network')
    .argument('<proposal>', 'the file of `tuf-ledger root propose`, or of `tuf-ledger open --offline`')
    .option('--key <file>', 'your private key, as often as you hold several', collected, [])
    .option('--against <file>', 'the N.root.json that you trust: the proposal must follow it')
    .option(
      '--passphrase-file <file>',
      'the file that holds the passphrase (default: TUF_LEDGER_PASSPHRASE, or it is asked for)',
    )
    .option('--out <file>', 'write the signed proposal there (default: in its place)')
    .option('--yes', 'sign without asking')
    .option('--json', 'print the result as JSON')
    .action((file: string, options: SignOptions) => sign(file, options, environment));
}

async function sign(file: string, options: SignOptions, environment: Environment): Promise<void> {
  const opening = await readOpening(file);
  if (opening) return signOpening(file, opening, options, environment);
  const proposal = await readProposal(file);
  requireValid(proposal, environment.now());
  if (options.against !== undefined) await requireFollows(proposal, options.against);
  else environment.stderr.write(UNCHECKED);
  if (!options.json) print(environment, ...proposalLines(proposal, environment.now()));
  const keys = await keysOf(options, environment);
  for (const key of keys) requireOfRole(key, proposal);
  await requireAgreement(options, environment);
  const made = await Promise.all(
    keys.map(async key => ({ keyid: key.keyid, sig: toHex(await key.sign(utf8(proposal.text))) })),
  );
  const signatures = merged(validSignatures(proposal), made);
  const out = options.out ?? file;
  await writeProposal(out, { ...proposal, signatures });
  const signers = signatures.map(({ keyid }) => keyid);
  if (options.json)
    return printJson(environment, { file: out, signers, enough: areEnough(proposal.requirements, signers) });
  print(
    environment,
    ...signatureLines(proposal.requirements, signers),
    `Signed: ${out}. ${next(proposal, signers, out)}`,
  );
}

const UNCHECKED =
  'Warning: what it changes is told by the file itself. Give the version before it that you trust with --against, or compare every key with what you were told.\n';

async function keysOf(options: SignOptions, environment: Environment): Promise<SigningKey[]> {
  if (options.key.length > 0) return readPrivateKeys(options.key, options, environment);
  throw new CliError(
    'arguments-invalid',
    'No key was given, so nothing was signed.',
    'Give yours with --key FILE.',
  );
}

/** Signs all of an opening that the keys may sign. */
async function signOpening(
  file: string,
  opening: Opening,
  options: SignOptions,
  environment: Environment,
): Promise<void> {
  if (!options.json) print(environment, ...openingLines(opening));
  const keys = await keysOf(options, environment);
  let signed = opening;
  for (const key of keys) {
    const next = await signed.signedBy(key);
    if (next.signatures.length === signed.signatures.length)
      throw new CliError(
        'key-not-in-role',
        `The key ${shortKeyid(key.keyid)} is none of the opening's, so its signature would count for nothing.`,
        'Take another key, or have an opening made that names this one.',
      );
    signed = next;
  }
  await requireAgreement(options, environment);
  const out = options.out ?? file;
  await writeOpeningFile(out, signed);
  const isComplete = isOpeningComplete(signed);
  if (options.json) return printJson(environment, { file: out, ledger: signed.ledger, complete: isComplete });
  const next = isComplete
    ? `Next, on the server: tuf-ledger open --offline --finish ${out}`
    : 'Next: give the file to a keyholder who is missing, or send it back.';
  print(environment, ...openingSignatureLines(signed), `Signed: ${out}. ${next}`);
}

function next({ requirements }: Proposal, signers: readonly string[], file: string): string {
  return areEnough(requirements, signers)
    ? `Next, where the gateway can be reached: tuf-ledger root submit ${file}`
    : 'Next: give the file to a keyholder who is missing, or send it back to be submitted with the others.';
}

function requireOfRole({ keyid }: SigningKey, { role, draft, requirements }: Proposal): void {
  if (requirements.some(({ keyids }) => keyids.includes(keyid))) return;
  throw new CliError(
    'key-not-in-role',
    `The key ${shortKeyid(keyid)} is neither a key of ${role} now nor one of ${role} ${draft.version}, so its signature would count for nothing.`,
    'Take another key, or have a proposal made that adds this one.',
  );
}

/** The version before, as the proposal has it, must be the one that the keyholder trusts. */
async function requireFollows({ before, role }: Proposal, path: string): Promise<void> {
  const trusted = await trustedMetadata(path);
  if (canonicalize(trusted) === canonicalize(before)) return;
  const [version, mine] = [Number(before.version), Number(trusted.version)];
  if (typeOf(trusted) !== typeOf(before) || mine !== version)
    throw new CliError(
      'arguments-invalid',
      `${path} is ${String(trusted._type)} ${mine}, and the proposal follows ${role} ${version}.`,
      `Give ${version}.${role}.json, from a place that you trust.`,
    );
  throw new CliError(
    'other-draft',
    `The proposal follows another ${role} ${version} than ${path}.`,
    'Do not sign: ask who made it, and from which ledger.',
  );
}

const typeOf = ({ _type }: JsonObject): Json | undefined => _type;

async function trustedMetadata(path: string): Promise<JsonObject> {
  const json = await readFile(path, 'utf8')
    .then((text): Json => JSON.parse(text))
    .catch((error: Error) => {
      throw new CliError('source-missing', `${path} can't be read: ${error.message}.`, 'Correct --against.');
    });
  const signed = isJsonObject(json) ? json.signed : undefined;
  if (signed !== undefined && isJsonObject(signed)) return signed;
  throw new CliError('source-missing', `${path} is no metadata file.`, 'Correct --against.');
}

async function requireAgreement({ yes }: SignOptions, environment: Environment): Promise<void> {
  if (yes) return;
  const agreed = await agrees('Sign this? [y/N] ', environment);
  if (agreed) return;
  throw new CliError(
    'not-confirmed',
    agreed === undefined ? 'There is no terminal to ask at whether to sign this.' : 'Nothing was signed.',
    'Run it at a terminal and answer y, or add --yes.',
  );
}
