// The signer's memory: per role the highest version that it ever signed and the hash of its content. It is on the disk before
// a signature leaves, so that no crash, restored database or forged log makes the signer put its key under two contents of one
// (role, version) (DESIGN law 11). It can't be derived from the log, since a signature may have left without reaching it:
// back it up, and never run two signers on copies of it.

import type { ClassicLevel } from 'classic-level';
import { SignerError } from './errors.js';

/** A version of a role that is about to be signed. */
export interface Remembered {
  readonly role: string;
  readonly version: number;
  /** SHA-256 (hex) of the canonical text. */
  readonly sha256: string;
}

export class SignerMemory {
  private constructor(
    private readonly store: ClassicLevel<string, string>,
    private readonly highest: Map<string, Remembered>,
  ) {}

  /** Reads the memory from an open store. */
  static async load(store: ClassicLevel<string, string>): Promise<SignerMemory> {
    const highest = new Map<string, Remembered>();
    for await (const [key, value] of store.iterator({ gte: 'signed/', lt: 'signed0' })) {
      highest.set(key.slice('signed/'.length), JSON.parse(value));
    }
    return new SignerMemory(store, highest);
  }

  /**
   * Remembers versions, flushed to the disk before it resolves.
   * @throws SignerError `equivocation` where one was signed with other content, or a higher one of its role was signed.
   */
  async remember(versions: readonly Remembered[]): Promise<void> {
    const added = versions.filter(version => this.isNew(version));
    if (added.length === 0) return;
    const entries = added.map(version => ({
      type: 'put' as const,
      key: `signed/${version.role}`,
      value: JSON.stringify(version),
    }));
    await this.store.batch(entries, { sync: true });
    for (const version of added) this.highest.set(version.role, version);
  }

  private isNew({ role, version, sha256 }: Remembered): boolean {
    const last = this.highest.get(role);
    if (!last || version > last.version) return true;
    if (version === last.version && sha256 === last.sha256) return false;
    throw new SignerError(
      'equivocation',
      `Asked to sign ${role} ${version} (${sha256}), but ${role} ${last.version} (${last.sha256}) was signed before. ` +
        'The log that this signer reads is not the one that it signed for: compare it with a backup before anything else.',
    );
  }
}
