// What a TUF client makes of a repository's files, in as few words as can be: the test's own reading of the metadata, which
// shares no code with the folds but canonical JSON and the verification of one signature.

import { createHash } from 'node:crypto';
import { nativeCrypto } from '#signing';
import { canonicalize, fromHex, type Json, type Key, utf8 } from '#tuf';

interface KeyedRole {
  readonly keyids: readonly string[];
  readonly threshold: number;
}

interface Signed {
  readonly _type: string;
  readonly version: number;
  readonly expires: string;
  readonly keys: Readonly<Record<string, Key>>;
  readonly roles: Readonly<Record<string, KeyedRole>>;
  readonly meta: Readonly<Record<string, { version: number; length?: number; hashes?: { sha256: string } }>>;
  readonly targets: Readonly<Record<string, Json>>;
  readonly delegations: {
    readonly keys: Readonly<Record<string, Key>>;
    readonly roles?: readonly (KeyedRole & {
      name: string;
      paths?: string[];
      path_hash_prefixes?: string[];
    })[];
    readonly succinct_roles?: KeyedRole & { bit_length: number; name_prefix: string };
  };
  readonly 'x-ledger': { origin: string; size: number; rootHash: string };
}

/** What a client knows after a refresh. */
interface ClientView {
  readonly version: number;
  readonly snapshot: Signed['x-ledger'];
  /** The versions that the snapshot lists, by role. */
  readonly versions: Readonly<Record<string, number>>;
  /** All targets of all bins. */
  readonly targets: Readonly<Record<string, Json>>;
}

type Files = ReadonlyMap<string, Uint8Array>;

/** Refreshes from a trusted root to the newest that is served, and reads every bin. Throws where a client would refuse. */
export function refresh(files: Files, trusted = 1, newest = trusted): ClientView {
  const root = newestRoot(files, trusted, newest);
  const timestamp = read(files, 'timestamp.json');
  verify(timestamp, root.signed.keys, root.signed.roles.timestamp!, 'timestamp');
  const listed = timestamp.signed.meta['snapshot.json']!;
  const snapshot = read(files, `${listed.version}.snapshot.json`);
  verify(snapshot, root.signed.keys, root.signed.roles.snapshot!, 'snapshot');
  must(snapshot.bytes.length === listed.length, "the snapshot's length");
  must(
    createHash('sha256').update(snapshot.bytes).digest('hex') === listed.hashes?.sha256,
    "the snapshot's hash",
  );
  must(snapshot.signed.version === listed.version, "the snapshot's version");
  const versions = Object.entries(snapshot.signed.meta).map(([name, { version }]) => [
    name.replace(/\.json$/, ''),
    version,
  ]);
  const view = {
    version: timestamp.signed.version,
    snapshot: snapshot.signed['x-ledger'],
    versions: Object.fromEntries(versions),
  };
  const delegated = (role: string) => read(files, `${view.versions[role]}.${role}.json`);
  const targets = delegated('targets');
  verify(targets, root.signed.keys, root.signed.roles.targets!, 'targets');
  const bins = delegated('bins');
  verify(bins, targets.signed.delegations.keys, targets.signed.delegations.roles![0]!, 'bins');
  return { ...view, targets: readBins(bins.signed.delegations, delegated) };
}

function newestRoot(files: Files, trusted: number, newest: number): File {
  let root = read(files, `${trusted}.root.json`);
  verify(root, root.signed.keys, root.signed.roles.root!, 'root');
  for (let version = trusted + 1; version <= newest; version++) {
    const next = read(files, `${version}.root.json`);
    verify(next, root.signed.keys, root.signed.roles.root!, 'the next root, under the one before');
    verify(next, next.signed.keys, next.signed.roles.root!, 'the next root');
    root = next;
  }
  return root;
}

function readBins(
  delegations: Signed['delegations'],
  delegated: (role: string) => File,
): Record<string, Json> {
  const all: Record<string, Json> = {};
  for (const { name, trust, holds } of binsOf(delegations)) {
    const bin = delegated(name);
    verify(bin, delegations.keys, trust, name);
    for (const [path, target] of Object.entries(bin.signed.targets)) {
      must(holds(createHash('sha256').update(path).digest('hex')), `${path} in ${name}`);
      all[path] = target;
    }
  }
  return all;
}

interface Bin {
  readonly name: string;
  readonly trust: KeyedRole;
  readonly holds: (pathHash: string) => boolean;
}

/** TAP 15's bins, or those that list the prefixes of their path hashes. */
function binsOf({ roles, succinct_roles: succinct }: Signed['delegations']): Bin[] {
  if (!succinct) {
    return roles!.map(role => ({
      name: role.name,
      trust: role,
      holds: hash => role.path_hash_prefixes!.some(prefix => hash.startsWith(prefix)),
    }));
  }
  const count = 2 ** succinct.bit_length;
  const width = (count - 1).toString(16).length;
  return Array.from({ length: count }, (_, index) => ({
    name: `${succinct.name_prefix}-${index.toString(16).padStart(width, '0')}`,
    trust: succinct,
    holds: hash => Number(BigInt(`0x${hash}`) >> BigInt(256 - succinct.bit_length)) === index,
  }));
}

interface File {
  readonly bytes: Uint8Array;
  readonly signed: Signed;
  readonly signatures: readonly { keyid: string; sig: string }[];
}

function read(files: Files, name: string): File {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`${name} is missing`);
  const { signed, signatures } = JSON.parse(new TextDecoder().decode(bytes));
  const version = /^(\d+)\./.exec(name)?.[1];
  must(version === undefined || Number(version) === signed.version, `the version in ${name}`);
  must(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(signed.expires), `the expiry of ${name}`);
  return { bytes, signed, signatures };
}

/** TUF 4.2.1: distinct keys of the role, at least its threshold of them, signed the canonical text. */
function verify({ signed, signatures }: File, keys: Signed['keys'], role: KeyedRole, name: string): void {
  const message = utf8(canonicalize(signed as unknown as Json));
  const valid = new Set<string>();
  for (const { keyid, sig } of signatures) {
    // Keys that come or go sign beside those of the role, and count for nothing.
    if (!role.keyids.includes(keyid)) continue;
    must(nativeCrypto.verify(keys[keyid]!, message, fromHex(sig)), `a signature of ${name} by ${keyid}`);
    must(!valid.has(keyid), `two signatures of ${name} by ${keyid}`);
    valid.add(keyid);
  }
  must(valid.size >= role.threshold, `the threshold of ${name}`);
}

function must(ok: boolean, what: string): void {
  if (!ok) throw new Error(`a client refuses ${what}`);
}
