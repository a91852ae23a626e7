// The truths of a history: the fold of its log, and of the logs that it forked from, if a disaster took back its tail. Whatever a
// service writes, signs or commits must come from one of them.

import { decodeEnvelope, decodePayload } from '#ledger';
import type { MemoryTopic } from '#log';
import { equalBytes, fromUtf8, toHex } from '#tuf';
import type { Moved } from './database.js';
import { ONLINE_POOL } from './key-pools.js';
import { Oracle } from './oracle.js';
import { quickCrypto } from './quick-crypto.js';
import { demand } from './violation.js';

export class Truth {
  /** The newest last. */
  readonly oracles: Oracle[];
  /** The SHA-256 of what the online keys have signed, by `role@version`. */
  private readonly signed = new Map<string, string>();

  constructor(
    private readonly ledger: string,
    topic: MemoryTopic,
  ) {
    this.oracles = [new Oracle(ledger, topic)];
  }

  get now(): Oracle {
    const oracle = this.oracles.at(-1)!;
    oracle.catchUp();
    return oracle;
  }

  get isForked(): boolean {
    return this.oracles.length > 1;
  }

  fork(topic: MemoryTopic): void {
    this.now.catchUp();
    this.oracles.push(new Oracle(this.ledger, topic));
  }

  /** A file that clients see from now on is what the fold gives for its name. */
  checkFile(name: string, bytes: Uint8Array): void {
    const { oracles } = this;
    this.now.catchUp();
    const isRight = (oracle: Oracle) => {
      const expected =
        name === 'timestamp.json'
          ? oracle.timestamps.get(versionOf(bytes))
          : oracle.published.files.get(name);
      return expected !== undefined && equalBytes(expected, bytes);
    };
    demand(oracles.some(isRight), 'published bytes', () => `${name} is not what the fold of the log gives.`);
  }

  /** A projection's progress says the root of that prefix of the log. */
  checkProgress({ store, position, rootHash }: Moved): void {
    if (rootHash === undefined) return;
    this.now.catchUp();
    const isRight = (oracle: Oracle) => oracle.roots[position] === rootHash;
    demand(
      this.oracles.some(isRight),
      'root of progress',
      () => `${store} committed position ${position} with root ${rootHash}.`,
    );
  }

  /** A text that an online key is to sign was drafted by the fold, or will be as soon as what is open is signed. */
  checkSigning(message: Uint8Array): void {
    this.now.catchUp();
    const sha256 = toHex(quickCrypto.sha256(message));
    const isDrafted = this.oracles.some(({ texts }) => texts.has(sha256));
    demand(
      isDrafted,
      'signer signs what it derived',
      () => `a key signs what no fold drafts: ${fromUtf8(message)}`,
    );
  }

  /** What the signer says that its keys signed is one text per version, and the one that was drafted. */
  checkSigned(value: Uint8Array): void {
    const keyids = new Set(ONLINE_POOL.map(({ keyid }) => keyid));
    const envelope = decodeEnvelope(value);
    const payload = envelope && decodePayload(envelope.payload);
    for (const event of payload?.events ?? []) {
      if (event.type !== 'signed') continue;
      for (const entry of (event as unknown as { signatures: Entry[] }).signatures)
        if (keyids.has(entry.keyid)) this.checkEntry(entry);
    }
  }

  private checkEntry({ role, version, sha256 }: Entry): void {
    const name = `${role}@${version}`;
    const before = this.signed.get(name) ?? sha256;
    demand(before === sha256, 'no equivocation', () => `${name} was signed as ${before}, and as ${sha256}.`);
    this.signed.set(name, sha256);
    this.now.catchUp();
    const isRight = (oracle: Oracle) => oracle.drafts.get(name) === sha256;
    demand(
      this.oracles.some(isRight),
      'signer signs what it derived',
      () => `${name} was signed as ${sha256}.`,
    );
  }
}

interface Entry {
  readonly role: string;
  readonly version: number;
  readonly sha256: string;
  readonly keyid: string;
}

function versionOf(timestamp: Uint8Array): number {
  return JSON.parse(fromUtf8(timestamp)).signed.version;
}
