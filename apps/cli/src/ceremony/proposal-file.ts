// A proposal as a file, which travels between the keyholders by any means: the next version of an offline role, the events that make
// it, and the signatures so far. It is a TUF metadata file with fields beside `signatures` and `signed`, so that other tools that sign such
// files can sign it too:
//
//   {"format":"tuf-ledger proposal 1","ledger":HEX,"origin":NAME,"events":[...],"requirements":[{"keyids":[...],"threshold":N},...],
//    "keys":[KEY,...],"before":{...},"signatures":[{"keyid":HEX,"sig":HEX},...],"signed":{...}}
//
// `events` are what the ledger is told, `draft.proposed` the last of them; `requirements` are the sets of keys whose thresholds the
// signatures must meet, all of them, and `keys` those keys; `before` is the `signed` part of the version that this one follows.

import { readFile } from 'node:fs/promises';
import { type DraftProposed, decodeEvent, isOfflineRole, type OfflineRole, type RawEvent } from '#ledger';
import { nativeCrypto } from '#signing';
import {
  canonicalize,
  fromHex,
  isHex,
  isJsonObject,
  type Json,
  type JsonObject,
  type Key,
  keyid as keyidOf,
  parseKey,
  type RoleSignature,
  utf8,
} from '#tuf';
import { CliError } from '../errors.js';
import { writeCeremonyFile } from './ceremony-file.js';

const PROPOSAL_FORMAT = 'tuf-ledger proposal 1';
/** A `bins` that lists 16,384 roles has 3 MB. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface Requirement {
  readonly keyids: readonly string[];
  readonly threshold: number;
}

export interface ProposalFile {
  readonly ledger: string;
  readonly origin: string;
  readonly events: readonly RawEvent[];
  readonly requirements: readonly Requirement[];
  /** The keys that may sign; a keyid says which object is meant. */
  readonly keys: readonly Key[];
  readonly before: JsonObject;
  readonly signatures: readonly RoleSignature[];
  readonly signed: JsonObject;
}

/** A proposal that was checked: its draft, and the text that is signed. */
export interface Proposal extends ProposalFile {
  readonly role: OfflineRole;
  readonly draft: DraftProposed;
  readonly text: string;
}

/** Reads a proposal. @throws CliError `proposal-malformed` where it is none, or was changed after it was made. */
export async function readProposal(path: string): Promise<Proposal> {
  const json = await readJson(path);
  const malformed = (what: string) =>
    new CliError(
      'proposal-malformed',
      `${path} ${what}.`,
      'Ask for the file again from whoever made it with `tuf-ledger root propose`.',
    );
  if (!isJsonObject(json) || json.format !== PROPOSAL_FORMAT)
    throw malformed('is no proposal of this program');
  const file = json as unknown as ProposalFile;
  const draft = draftOf(file.events);
  if (!draft || !isWhole(json)) throw malformed('lacks a field of a proposal, or has a malformed one');
  const text = canonicalize(file.signed);
  if (nativeCrypto.sha256Hex(text) !== draft.sha256)
    throw malformed('was changed after it was made: what it asks to sign is not what it proposes');
  return { ...file, role: draft.role as OfflineRole, draft, text };
}

/** What is shown to people has no characters that a terminal takes for something else. */
const ORIGIN_FORM = /^[A-Za-z0-9._~/-]{1,128}$/;

function isWhole(json: JsonObject): boolean {
  const { ledger, origin, before, signed, signatures, requirements, keys } = json;
  const isSignature = (entry: Json) =>
    isJsonObject(entry) && isHexText(entry.keyid) && typeof entry.sig === 'string' && isHex(entry.sig);
  const isRequirement = (entry: Json) =>
    isJsonObject(entry) &&
    Number.isSafeInteger(entry.threshold) &&
    Array.isArray(entry.keyids) &&
    entry.keyids.every(isHexText);
  return (
    isHexText(ledger) &&
    typeof origin === 'string' &&
    ORIGIN_FORM.test(origin) &&
    [before, signed].every(part => part !== undefined && isJsonObject(part)) &&
    Array.isArray(signatures) &&
    signatures.every(isSignature) &&
    Array.isArray(requirements) &&
    requirements.every(isRequirement) &&
    Array.isArray(keys) &&
    keys.every(isKey)
  );
}

function isEvent(json: unknown): json is RawEvent {
  return typeof json === 'object' && json !== null && 'type' in json && typeof json.type === 'string';
}

function isHexText(text: Json | undefined): boolean {
  return typeof text === 'string' && isHex(text, 32);
}

function isKey(json: Json): boolean {
  try {
    parseKey(json);
    return true;
  } catch {
    return false;
  }
}

function draftOf(events: unknown): DraftProposed | undefined {
  if (!Array.isArray(events) || events.length === 0 || !events.every(isEvent)) return undefined;
  const decoded = events.map(decodeEvent);
  const last = decoded.at(-1)!;
  if (decoded.some(event => 'rejection' in event)) return undefined;
  return 'type' in last && last.type === 'draft.proposed' && isOfflineRole(last.role) ? last : undefined;
}

/** The signatures over a proposal in a file: a copy of it, or any TUF metadata file of the same content. */
export async function readSignatures(path: string, { draft }: Proposal): Promise<RoleSignature[]> {
  const json = await readJson(path);
  if (!isJsonObject(json) || !isJsonObject(json.signed as Json) || !Array.isArray(json.signatures)) {
    throw new CliError(
      'proposal-malformed',
      `${path} has no "signatures" and "signed".`,
      'Give a copy of the proposal that was signed.',
    );
  }
  if (nativeCrypto.sha256Hex(canonicalize(json.signed as Json)) !== draft.sha256) {
    throw new CliError(
      'other-draft',
      `${path} is signed over another content than ${draft.role} ${draft.version} as proposed.`,
      'Signatures count for the draft that they were made over only: have this one signed again.',
    );
  }
  return (json.signatures as unknown as RoleSignature[]).filter(
    ({ keyid, sig }) => isHex(keyid, 32) && isHex(sig),
  );
}

async function readJson(path: string): Promise<Json> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length <= MAX_FILE_BYTES) return JSON.parse(text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new CliError('source-missing', `${path} does not exist.`, 'Correct the path.');
    throw new CliError('proposal-malformed', `${path} can't be read: ${message}.`, 'Ask for the file again.');
  }
  throw new CliError(
    'source-too-large',
    `${path} has more than ${MAX_FILE_BYTES} bytes.`,
    'No proposal is so large.',
  );
}

/** Writes a proposal so that the file is there whole or not at all. */
export async function writeProposal(
  path: string,
  { ledger, origin, events, requirements, keys, before, signatures, signed }: ProposalFile,
): Promise<void> {
  const content = { ledger, origin, events, requirements, keys, before, signatures, signed };
  const file = { format: PROPOSAL_FORMAT, ...content };
  await writeCeremonyFile(path, file);
}

/** Those of a proposal's signatures that are valid; by default those in its file. */
export function validSignatures(
  proposal: Proposal,
  signatures: readonly RoleSignature[] = proposal.signatures,
): RoleSignature[] {
  const keys = keysOf(proposal);
  return signatures.filter(({ keyid, sig }) => {
    const key = keys.get(keyid);
    return key !== undefined && isValidSignature(key, sig, proposal);
  });
}

/** The keys that may sign a proposal, by keyid. */
function keysOf({ keys }: ProposalFile): Map<string, Key> {
  return new Map(keys.map(key => [keyidOf(key, nativeCrypto), key]));
}

/** Whether a key's signature over the proposal is valid. */
export function isValidSignature(key: Key, sig: string, { text }: Proposal): boolean {
  return nativeCrypto.verify(key, utf8(text), fromHex(sig));
}

/** Signatures by keyid, the first of each key. */
export function merged(...lists: readonly (readonly RoleSignature[])[]): RoleSignature[] {
  const first = new Map<string, RoleSignature>();
  for (const signature of lists.flat())
    if (!first.has(signature.keyid)) first.set(signature.keyid, signature);
  return [...first.values()];
}
