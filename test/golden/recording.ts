// What a history comes to, as text that is kept beside the code: every value of its log, and all that the folds made of it.
//
//   {"ledger":HEX,"size":RECORDS,"rootHash":HEX,"log":[ENTRY,...]}
//   ENTRY  {"value":BASE64,"noise":true}
//        | {"value":BASE64,"position":N,"outcomes":[OUTCOME,...],"drafted":["ROLE@VERSION SHA256",...],"files":[FILE,...],"state"?:{...}}
//   OUTCOME  "EVENT[.ENTRY] RESULT[ CODE][ ROLE]"
//   FILE     {"name","sha256","text"?}, text up to MAX_TEXT_BYTES
//
// Where a history is too long to keep, an entry is only {"value":"sha256:HEX","outcomes":{RESULT:COUNT},"files":["NAME SHA256",...]}.

import { type Effects, type Outcome, Published, type PublishedFile, Replay } from '#projection';
import { type Crypto, fromUtf8, toBase64, toHex } from '#tuf';
import { codeOf, codesOf, outcomesOf } from '../fixtures/outcomes.js';

/** Longer files are recorded by their hash alone. */
const MAX_TEXT_BYTES = 4096;

interface RecordedFile {
  readonly name: string;
  readonly sha256: string;
  readonly text?: string;
}

interface RecordedNoise {
  readonly value: string;
  readonly noise: true;
}

interface RecordedRecord {
  readonly value: string;
  readonly position: number;
  readonly outcomes: readonly string[];
  readonly drafted: readonly string[];
  readonly files: readonly RecordedFile[];
  readonly state?: unknown;
}

interface RecordedHashes {
  readonly value: string;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly files: readonly string[];
}

export interface Recording {
  readonly ledger: string;
  readonly size: number;
  readonly rootHash: string;
  readonly log: readonly (RecordedNoise | RecordedRecord | RecordedHashes)[];
}

/** Whether a recording holds its values and files, or their hashes alone. */
export type ValueForm = 'whole' | 'hashed';

/** Replays the values of a ledger from nothing, and records what comes of it. */
export function recordingOf(
  ledger: string,
  values: readonly Uint8Array[],
  form: ValueForm,
  crypto: Crypto,
): Recording {
  const replay = new Replay(ledger, crypto);
  const published = new Published();
  const entry = form === 'whole' ? wholeEntry : hashedEntry;
  const log = values.map(value => {
    const effects = replay.next(value);
    if (!effects) return { value: toBase64(value), noise: true } as const;
    return entry(value, effects, published.take(effects), crypto);
  });
  return { ledger, size: replay.state.reader.size, rootHash: replay.state.reader.rootHash, log };
}

const hashOf = (bytes: Uint8Array, crypto: Crypto): string => toHex(crypto.sha256(bytes));

/** The entry of one record, with what the folds made of it and the files that it completed. */
export function wholeEntry(
  value: Uint8Array,
  effects: Effects,
  files: readonly PublishedFile[],
  crypto: Crypto,
): RecordedRecord {
  const { root, targets, snapshot, timestamp, step } = effects;
  const drafted = [root, targets, snapshot, timestamp].flatMap(part => part.drafted);
  return {
    value: toBase64(value),
    position: step.position,
    outcomes: outcomesOf(effects).map(outcomeText),
    drafted: drafted.map(({ role, version, sha256 }) => `${role}@${version} ${sha256}`),
    files: files.map(({ name, bytes }) => {
      const text = bytes.length <= MAX_TEXT_BYTES ? { text: fromUtf8(bytes) } : {};
      return { name, sha256: hashOf(bytes, crypto), ...text };
    }),
    ...(timestamp.state ? { state: timestamp.state } : {}),
  };
}

function outcomeText(outcome: Outcome): string {
  const { event, entry, verdict, role } = outcome;
  const place = entry === undefined ? `${event}` : `${event}.${entry}`;
  const result = verdict.result === 'rejected' ? `rejected ${codeOf(outcome)}` : verdict.result;
  return [place, result, ...(role === undefined ? [] : [role])].join(' ');
}

function hashedEntry(
  value: Uint8Array,
  effects: Effects,
  files: readonly PublishedFile[],
  crypto: Crypto,
): RecordedHashes {
  const outcomes: Record<string, number> = {};
  for (const code of codesOf(effects)) outcomes[code] = (outcomes[code] ?? 0) + 1;
  return {
    value: `sha256:${hashOf(value, crypto)}`,
    outcomes,
    files: files.map(({ name, bytes }) => `${name} ${hashOf(bytes, crypto)}`),
  };
}

/** A recording as the text of its file. */
export function recordingText(recording: Recording): string {
  return `${JSON.stringify(recording, null, 1)}\n`;
}
