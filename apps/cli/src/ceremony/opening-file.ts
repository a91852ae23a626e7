// An opening as a file, which travels between the keyholders until enough of them have signed:
//
//   {"format":"tuf-ledger opening 1","payload":BASE64,"signatures":[{"of":"record"|"root"|"targets"|"bins","keyid":HEX,"sig":HEX},...]}
//
// `payload` is that of the ledger's first record, whose SHA-256 is the ledger's name. Root and administrators sign the record; the keys of
// root, targets and `bins` sign version 1 of their role, whose text follows from the record.

import { readFile } from 'node:fs/promises';
import { openedOf } from '#host';
import {
  type DraftProposed,
  decodeEvent,
  decodePayload,
  type KeySet,
  type LedgerOpened,
  ledgerName,
  OFFLINE_ROLES,
  type OfflineRole,
  preAuthEncoding,
  roleKeysOf,
} from '#ledger';
import { openingText } from '#projection';
import { nativeCrypto, type SigningKey } from '#signing';
import {
  fromBase64,
  fromHex,
  isHex,
  isJsonObject,
  type Json,
  meetsThreshold,
  type RoleKeys,
  toBase64,
  toHex,
  utf8,
} from '#tuf';
import { CliError } from '../errors.js';
import { writeCeremonyFile } from './ceremony-file.js';

const OPENING_FORMAT = 'tuf-ledger opening 1';

/** What keyholders sign. */
export type SignedPart = 'record' | OfflineRole;

interface OpeningSignature {
  readonly of: SignedPart;
  readonly keyid: string;
  readonly sig: string;
}

export interface OpeningFile {
  readonly payload: Uint8Array;
  readonly signatures: readonly OpeningSignature[];
}

/** An opening that was read and checked. */
export class Opening implements OpeningFile {
  readonly opened: LedgerOpened;
  readonly ledger: string;
  /** When root 1, targets 1 and bins 1 expire: the text of the field. */
  readonly expires: string;

  constructor(
    readonly payload: Uint8Array,
    readonly signatures: readonly OpeningSignature[] = [],
  ) {
    this.opened = openedOf(payload);
    this.ledger = ledgerName(payload, nativeCrypto);
    const drafts = decodePayload(payload)!.events.map(decodeEvent).filter(isDraft);
    this.expires = drafts[0]!.expires;
  }

  /** The sets of keys whose thresholds the signatures of a part must meet. */
  requirements(part: SignedPart): RoleKeys[] {
    const { administrators, roles } = this.opened;
    const sets: KeySet[] = part === 'record' ? [administrators, roles.root] : [roles[part]];
    return sets.map(set => roleKeysOf(set, nativeCrypto));
  }

  /** What is signed of a part. */
  message(part: SignedPart): Uint8Array {
    if (part === 'record') return preAuthEncoding(this.payload);
    return utf8(openingText(part, this.opened, this.expires, nativeCrypto));
  }

  /** The keyids whose signatures over a part are valid. */
  signers(part: SignedPart): string[] {
    return this.valid(part).map(({ keyid }) => keyid);
  }

  /** The valid signatures over a part, one of each key. */
  valid(part: SignedPart): OpeningSignature[] {
    const requirements = this.requirements(part);
    const valid = new Map<string, OpeningSignature>();
    for (const signature of this.signatures) {
      const { of, keyid, sig } = signature;
      const key = requirements.find(({ keys }) => keys.has(keyid))?.keys.get(keyid);
      if (of !== part || !key || valid.has(keyid)) continue;
      if (nativeCrypto.verify(key, this.message(part), fromHex(sig))) valid.set(keyid, signature);
    }
    return [...valid.values()];
  }

  isComplete(part: SignedPart): boolean {
    const signers = this.signers(part);
    return this.requirements(part).every(keys => meetsThreshold(keys, signers));
  }

  /** The same with the signatures of a key over all that it may sign. */
  async signedBy(key: SigningKey): Promise<Opening> {
    const parts = SIGNED_PARTS.filter(part =>
      this.requirements(part).some(({ keys }) => keys.has(key.keyid)),
    );
    const made = parts.map(async of => ({
      of,
      keyid: key.keyid,
      sig: toHex(await key.sign(this.message(of))),
    }));
    return this.with(await Promise.all(made));
  }

  with(signatures: readonly OpeningSignature[]): Opening {
    return new Opening(this.payload, [...this.signatures, ...signatures]);
  }
}

export const SIGNED_PARTS: readonly SignedPart[] = ['record', ...OFFLINE_ROLES];

function isDraft(event: ReturnType<typeof decodeEvent>): event is DraftProposed {
  return 'type' in event && event.type === 'draft.proposed';
}

/** The opening in a file; undefined where the file holds something else. @throws CliError `proposal-malformed`. */
export async function readOpening(path: string): Promise<Opening | undefined> {
  const json = (await readFile(path, 'utf8')
    .then(text => JSON.parse(text))
    .catch(() => undefined)) as Json | undefined;
  if (json === undefined || !isJsonObject(json) || json.format !== OPENING_FORMAT) return undefined;
  const { payload, signatures } = json as { payload?: unknown; signatures?: unknown };
  try {
    if (!Array.isArray(signatures) || !signatures.every(isSignature))
      throw new Error('its signatures are malformed');
    return new Opening(fromBase64(String(payload)), signatures);
  } catch (error) {
    throw new CliError(
      'proposal-malformed',
      `${path} is a damaged opening: ${(error as Error).message}.`,
      'Ask for the file again from whoever made it with `tuf-ledger open --offline`.',
    );
  }
}

function isSignature(json: unknown): json is OpeningSignature {
  const { of, keyid, sig } = (json ?? {}) as Record<string, unknown>;
  return (
    SIGNED_PARTS.some(part => part === of) &&
    typeof keyid === 'string' &&
    isHex(keyid, 32) &&
    typeof sig === 'string' &&
    isHex(sig)
  );
}

/** Writes an opening so that the file is there whole or not at all. */
export async function writeOpeningFile(path: string, { payload, signatures }: OpeningFile): Promise<void> {
  const file = { format: OPENING_FORMAT, payload: toBase64(payload), signatures };
  await writeCeremonyFile(path, file);
}
