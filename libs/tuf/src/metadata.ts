// A metadata file: `{"signatures":[{"keyid","sig"},...],"signed":{...}}`, compact, signatures in keyid order.
// What is signed is the canonical text; what is written is the same text with the control characters inside strings
// escaped, since PEM keys hold raw line feeds in canonical JSON and a stock JSON parser refuses those (TUF 4.2).

import { compareCodePoints, concatBytes, equalBytes, utf8 } from './bytes.js';
import { escapeControls } from './canonical.js';

/** The version of the TUF specification that all our metadata names. */
export const SPEC_VERSION = '1.0.34';

/** One signature of a role's metadata; `sig` is lower-case hex. */
export interface RoleSignature {
  readonly keyid: string;
  readonly sig: string;
}

/** The bytes of a metadata file from the canonical text of its `signed` part and its signatures (in any order). */
export function metadataFile(signedText: string, signatures: Iterable<RoleSignature>): Uint8Array {
  return utf8(`${fileHead(signatures)}${escapeControls(signedText)}}`);
}

/** As metadataFile, from the UTF-8 of a canonical text that holds no control characters: those of roles without PEM keys. */
export function metadataFileOfBytes(signed: Uint8Array, signatures: Iterable<RoleSignature>): Uint8Array {
  return concatBytes(utf8(fileHead(signatures)), signed, FILE_END);
}

/** The UTF-8 of the `signed` part of a file that bears exactly these signatures, as it stands in it; undefined for any other file. */
export function signedPartOf(file: Uint8Array, signatures: Iterable<RoleSignature>): Uint8Array | undefined {
  const head = utf8(fileHead(signatures));
  const end = file.length - FILE_END.length;
  if (end < head.length || !equalBytes(file.subarray(0, head.length), head)) return undefined;
  return equalBytes(file.subarray(end), FILE_END) ? file.subarray(head.length, end) : undefined;
}

const FILE_END = utf8('}');

function fileHead(signatures: Iterable<RoleSignature>): string {
  const ordered = [...signatures].sort((a, b) => compareCodePoints(a.keyid, b.keyid));
  const list = ordered.map(({ keyid, sig }) => `{"keyid":"${keyid}","sig":"${sig}"}`).join(',');
  return `{"signatures":[${list}],"signed":`;
}

/** The name of a role's file: `VERSION.ROLE.json`, but for the timestamp, which has no version in its name (TUF 6.2). */
export function metadataFileName(role: string, version: number): string {
  return role === 'timestamp' ? 'timestamp.json' : `${version}.${role}.json`;
}
