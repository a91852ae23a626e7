// A TUF client that polls, and remembers what it has trusted (TUF 5.4 to 5.6). What it sees must verify whenever it looks, and
// nothing may go back: neither the timestamp, nor the version of any role that the snapshot lists.

import { equalBytes, fromUtf8 } from '#tuf';
import { type SeenRepository, seenRepository } from '../fixtures/verify-repository.js';
import { demand, Violation } from './violation.js';

type FileSet = ReadonlyMap<string, Uint8Array>;

export class Client {
  private seen: SeenRepository | undefined;
  private bytes: Uint8Array | undefined;

  /** The version of the timestamp that it trusts; 0 before the first. */
  get version(): number {
    return this.seen?.timestamp ?? 0;
  }

  /** What it saw last. */
  get repository(): SeenRepository | undefined {
    return this.seen;
  }

  /** Updates. @throws Violation */
  poll(files: FileSet): void {
    const bytes = files.get('timestamp.json');
    const isSame = bytes !== undefined && this.bytes !== undefined && equalBytes(bytes, this.bytes);
    const isNewRoot = files.has(`${(this.seen?.root ?? 0) + 1}.root.json`);
    if (isSame && !isNewRoot) return;
    const now = look(files);
    if (this.seen && !isSame) requireForward(this.seen, now);
    this.seen = now;
    this.bytes = bytes;
  }
}

function look(files: FileSet): SeenRepository | undefined {
  try {
    return seenRepository(files);
  } catch (error) {
    throw new Violation('clients verify', (error as Error).message);
  }
}

function requireForward(before: SeenRepository, now: SeenRepository | undefined): void {
  demand(now !== undefined, 'clients see no rollback', () => 'timestamp.json is gone.');
  demand(
    now.timestamp > before.timestamp,
    'clients see no rollback',
    () => `timestamp ${before.timestamp} is followed by another ${now.timestamp}.`,
  );
  for (const [role, version] of before.versions) {
    const next = now.versions.get(role) ?? 0;
    demand(next >= version, 'clients see no rollback', () => `${role} goes from ${version} to ${next}.`);
  }
}

/** The first Unix second at which something of what is published has expired. */
export function firstExpiry(files: FileSet, { timestamp, versions }: SeenRepository): number {
  const names = [...versions].map(([role, version]) => `${version}.${role}.json`);
  const all = ['timestamp.json', `${timestamp}.snapshot.json`, ...names].map(name => {
    const { expires } = JSON.parse(fromUtf8(files.get(name)!)).signed;
    return Date.parse(expires) / 1000;
  });
  return Math.min(...all);
}
