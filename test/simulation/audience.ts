// Those who look at what is published: a client that always polls, and some that stop for long and come back.

import { Client } from './client.js';

const OLD_CLIENTS = 3;

export class Audience {
  readonly client = new Client();
  private readonly old = Array.from({ length: OLD_CLIENTS }, () => new Client());
  /** After a power cut or a deletion clients may see files that don't verify, until the repository has written them again. */
  filesAreDamaged = false;

  /** Between a root that has to come before its state and that state nothing needs to verify (StateKeys.rootsBefore). */
  isBetweenFiles = false;

  constructor(private readonly files: ReadonlyMap<string, Uint8Array>) {}

  /** The client that always polls looks. @throws Violation */
  look(): void {
    if (this.filesAreDamaged) this.filesAreDamaged = !this.isMended();
    if (!this.filesAreDamaged && !this.isBetweenFiles) this.client.poll(this.files);
  }

  /** A client that stopped long ago looks. @throws Violation */
  comeBack(client: number): void {
    if (!this.filesAreDamaged && !this.isBetweenFiles) this.old[client % OLD_CLIENTS]!.poll(this.files);
  }

  /** All look. @throws Violation */
  lookAll(): void {
    for (const client of [this.client, ...this.old]) client.poll(this.files);
  }

  private isMended(): boolean {
    try {
      const fresh = new Client();
      fresh.poll(this.files);
      return fresh.version >= this.client.version;
    } catch {
      return false;
    }
  }
}
