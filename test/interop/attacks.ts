/**
 * Attacks of an untrusted mirror on a client (TUF 1.5.2), each a check that fails unless the client refuses it, and
 * unless the same client accepts what is served before and after.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { AttackStage, type OpenMirror, type PublishedRepository } from './attack-stage.js';
import { MirrorProxy } from './mirror-proxy.js';
import { rolePath, type SavedState, saveState, serveState } from './saved-state.js';
import { editSigned, type MetadataFile, parseMetadata, withoutSignatures } from './tampered-metadata.js';
import type { ClientKind } from './toolchain.js';

export interface Attack {
  readonly name: string;
  /** What the attacker has in hand. A mirror that is honest makes an attack by mirror fail its check. */
  readonly by: 'mirror' | 'clock';
  readonly check: (stage: AttackStage) => Promise<void>;
}

const BAD_FILE = ['LengthOrHashMismatch', 'DownloadLengthMismatch'];
const BAD_SIGNATURE = ['UnsignedMetadata'];
const BAD_VERSION = ['BadVersionNumber'];
const EXPIRED = ['ExpiredMetadata'];
const NOT_FOUND = ['DownloadHTTP'];
const NO_JSON = ['Deserialization', 'Syntax'];

const SECOND_MS = 1_000;

/** Tries one attack on clients of a kind. Rejects with the assertion that failed. */
export async function tryAttack(
  attack: Attack,
  kind: ClientKind,
  repository: PublishedRepository,
  openMirror: OpenMirror = MirrorProxy.open,
): Promise<void> {
  const stage = await AttackStage.open(kind, repository, openMirror);
  try {
    await attack.check(stage);
  } finally {
    await stage.close();
  }
}

export const ATTACKS: readonly Attack[] = [
  onNewClient('a target file with other bytes', BAD_FILE, async ({ targets, targetFile }) => {
    targets.rewrite(targetFile, honest => Buffer.from(honest.map(byte => byte ^ 1)));
  }),
  onNewClient('a target file that is longer', BAD_FILE, async ({ targets, targetFile }) => {
    targets.rewrite(targetFile, honest => Buffer.concat([honest, Buffer.from('x')]));
  }),
  onNewClient('a target file cut short', BAD_FILE, async ({ targets, targetFile }) => {
    targets.truncate(targetFile);
  }),
  onNewClient('a target file withheld', NOT_FOUND, async ({ targets, targetFile }) => {
    targets.withhold(targetFile);
  }),
  onNewClient('another hash in the role that lists the target', BAD_SIGNATURE, async stage => {
    const { path } = stage.repository.target;
    stage.metadata.rewrite(await listingFile(stage), honest =>
      editSigned(honest, signed => {
        signed.targets![path]!.hashes.sha256 = '0'.repeat(64);
      }),
    );
  }),
  onNewClient('the role that lists the target unsigned', BAD_SIGNATURE, async stage => {
    stage.metadata.rewrite(await listingFile(stage), withoutSignatures);
  }),
  onNewClient('the role that lists the target withheld', NOT_FOUND, async stage => {
    stage.metadata.withhold(await listingFile(stage));
  }),
  onNewClient('a changed snapshot', [...BAD_FILE, ...BAD_SIGNATURE], async ({ metadata }) => {
    const { snapshotPath } = await saveState(metadata);
    metadata.rewrite(snapshotPath, honest =>
      editSigned(honest, signed => {
        signed.meta!['targets.json']!.version += 1;
      }),
    );
  }),
  onNewClient('a snapshot withheld', NOT_FOUND, async ({ metadata }) => {
    metadata.withhold((await saveState(metadata)).snapshotPath);
  }),
  onNewClient('a timestamp of a version far ahead', BAD_SIGNATURE, async ({ metadata }) => {
    metadata.rewrite('timestamp.json', honest =>
      editSigned(honest, signed => {
        signed.version += 1_000_000;
      }),
    );
  }),
  onNewClient('a timestamp cut short', NO_JSON, async ({ metadata }) => {
    metadata.truncate('timestamp.json');
  }),
  onNewClient('a next root that no one has signed', BAD_SIGNATURE, async stage => {
    const { bytes, version } = await newestRoot(stage);
    const forged = editSigned(bytes, signed => {
      signed.version += 1;
    });
    stage.metadata.replace(`${version + 1}.root.json`, forged);
  }),
  onNewClient('the present root as the next one', BAD_VERSION, async stage => {
    const { bytes, version } = await newestRoot(stage);
    stage.metadata.replace(`${version + 1}.root.json`, bytes);
  }),
  onNewClient('a new timestamp with the snapshot before', [...BAD_FILE, ...BAD_VERSION], async stage => {
    const old = await saveState(stage.metadata);
    await stage.repository.publish();
    stage.metadata.replace((await saveState(stage.metadata)).snapshotPath, old.snapshot);
  }),
  onNewClient('a new snapshot with the role before', [...BAD_FILE, ...BAD_VERSION], async stage => {
    const role = await listingRole(stage);
    const old = await stage.metadata.original(rolePath(await saveState(stage.metadata), role));
    await stage.repository.publish();
    stage.metadata.replace(rolePath(await saveState(stage.metadata), role), old);
  }),
  onUpdatedClient('a rollback of the timestamp', BAD_VERSION, async (stage, before) => {
    serveState(stage.metadata, before);
  }),
  onUpdatedClient('a rollback of the snapshot', [...BAD_FILE, ...BAD_VERSION], async (stage, before) => {
    await stage.repository.publish();
    stage.metadata.replace((await saveState(stage.metadata)).snapshotPath, before.snapshot);
  }),
  { name: 'a freeze', by: 'mirror', check: freeze },
  { name: 'expired metadata', by: 'clock', check: expiry },
];

/** An attack on a client that has only the first root. */
function onNewClient(
  name: string,
  reasons: readonly string[],
  tamper: (stage: AttackStage) => Promise<void>,
): Attack {
  const check = async (stage: AttackStage): Promise<void> => {
    await stage.accepts(await stage.newClient());
    await tamper(stage);
    const victim = await stage.newClient();
    await stage.refuses(victim, reasons);
    stage.behave();
    await stage.accepts(victim);
  };
  return { name, by: 'mirror', check };
}

/** An attack on a client that has seen two states; `before` is the first of them. */
function onUpdatedClient(
  name: string,
  reasons: readonly string[],
  tamper: (stage: AttackStage, before: SavedState) => Promise<void>,
): Attack {
  const check = async (stage: AttackStage): Promise<void> => {
    const victim = await stage.newClient();
    await stage.accepts(victim);
    const before = await saveState(stage.metadata);
    await stage.repository.publish();
    await stage.accepts(victim);
    await tamper(stage, before);
    await stage.refuses(victim, reasons);
    stage.behave();
    await stage.accepts(victim);
  };
  return { name, by: 'mirror', check };
}

/** A client can't tell a freeze from a quiet repository; it must when the frozen metadata expires. */
async function freeze(stage: AttackStage): Promise<void> {
  const victim = await stage.newClient();
  const frozen = await stage.accepts(victim);
  serveState(stage.metadata, await saveState(stage.metadata));
  await stage.repository.publish();
  expect(await stage.accepts(victim)).toEqual(frozen);
  await victim.clock(new Date((await firstExpiry(stage)) + SECOND_MS));
  await stage.refuses(victim, EXPIRED);
  stage.behave();
  await victim.clock(null);
  expect((await stage.accepts(victim)).timestamp).toBeGreaterThan(frozen.timestamp);
}

async function expiry(stage: AttackStage): Promise<void> {
  const client = await stage.newClient();
  const versions = await stage.accepts(client);
  const expires = await firstExpiry(stage);
  await client.clock(new Date(expires - SECOND_MS));
  expect(await client.refresh()).toEqual(versions);
  await client.clock(new Date(expires + SECOND_MS));
  await stage.refuses(client, EXPIRED);
  await client.clock(null);
  await stage.accepts(client);
}

/** When the first of the top-level roles that the mirror serves now expires, in milliseconds. */
async function firstExpiry(stage: AttackStage): Promise<number> {
  const fetched = await filesFetched(stage, client => client.refresh());
  const served = fetched.filter(({ path }) => !path.endsWith('.root.json'));
  const expires = [...served.map(file => file.bytes), (await newestRoot(stage)).bytes].map(bytes =>
    Date.parse(parseMetadata(bytes).signed.expires),
  );
  return Math.min(...expires);
}

/** The role that lists the target. */
async function listingRole(stage: AttackStage): Promise<string> {
  return (await listingFile(stage)).replace(/^\d+\./, '').replace(/\.json$/, '');
}

/** Path of the metadata file in which a new client finds the target. */
async function listingFile(stage: AttackStage): Promise<string> {
  const { path } = stage.repository.target;
  const fetched = await filesFetched(stage, client => client.lookup(path));
  const listing = fetched.find(file => parseMetadata(file.bytes).signed.targets?.[path] !== undefined);
  if (listing === undefined) throw new Error(`no metadata file lists ${path}`);
  return listing.path;
}

/** What a new client fetches from the metadata mirror for an action. */
async function filesFetched(
  stage: AttackStage,
  action: (client: Awaited<ReturnType<AttackStage['newClient']>>) => Promise<unknown>,
): Promise<MetadataFile[]> {
  stage.metadata.forgetFetched();
  await action(await stage.newClient());
  const paths = [...stage.metadata.fetched];
  return Promise.all(paths.map(async path => ({ path, bytes: await stage.metadata.original(path) })));
}

async function newestRoot({
  metadata,
  repository,
}: AttackStage): Promise<{ bytes: Buffer; version: number }> {
  let bytes: Buffer = await readFile(repository.root);
  for (;;) {
    const { version } = parseMetadata(bytes).signed;
    const next = await metadata.upstream(`${version + 1}.root.json`);
    if (next === null) return { bytes, version };
    bytes = next;
  }
}
