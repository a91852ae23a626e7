// The ledger as its log says, folded here: nothing that the server says of keys and signatures is taken on trust.

import { resolve } from 'node:path';
import { LedgerFolder } from '#host';
import type { LedgerOpened } from '#ledger';
import { Reader, type Step, type Trust } from '#projection';
import { nativeCrypto } from '#signing';
import { fromBase64 } from '#tuf';
import type { Environment } from '../environment.js';
import { CliError } from '../errors.js';
import type { Gateway } from '../gateway.js';

/** How often it is looked for a record that was just appended, and the pause between in milliseconds. */
const LOOKS = 50;
const LOOK_PAUSE_MS = 200;

export class FoldedLog {
  private after: string | undefined;
  private readonly reader: Reader;

  private constructor(
    readonly gateway: Gateway,
    readonly ledger: string,
  ) {
    this.reader = Reader.begin(ledger, nativeCrypto);
  }

  /**
   * Reads the log of the ledger that a data folder names, or else the server.
   * @throws CliError `ledger-unknown` where the log does not open it.
   */
  static async read(
    gateway: Gateway,
    options: { data?: string },
    environment: Environment,
  ): Promise<FoldedLog> {
    const data = resolve(options.data ?? environment.variables.TUF_LEDGER_DATA ?? './data');
    const ledger = (await new LedgerFolder(data).read())?.ledger ?? (await gateway.ledger()).ledger;
    const log = new FoldedLog(gateway, ledger);
    await log.readOn();
    if (log.reader.opened) return log;
    throw new CliError(
      'ledger-unknown',
      `The log at ${gateway.address} does not open the ledger ${ledger}.`,
      'Check --server and --data: they must be of one ledger.',
    );
  }

  get opened(): LedgerOpened {
    return this.reader.opened!;
  }

  /** The offline roles and their keys, as of what was read. */
  get trust(): Trust {
    return this.reader.trust;
  }

  get authority() {
    return this.reader.authority!;
  }

  /** The record at `position`, which lies ahead. @throws CliError `not-published` where it does not come. */
  async stepAt(position: number, environment: Environment): Promise<Step> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const found = (await this.readOn()).find(step => step.position === position);
      if (found) return found;
      await environment.sleep(LOOK_PAUSE_MS);
    }
    throw new CliError(
      'not-published',
      `The record at position ${position} is not in the log that ${this.gateway.address} gives.`,
      'Look again with: tuf-ledger root status',
    );
  }

  /** Folds what has come since. */
  private async readOn(): Promise<Step[]> {
    const steps: Step[] = [];
    const from = this.after === undefined ? {} : { after: this.after };
    for await (const { offset, value } of this.gateway.all('log', from)) {
      const read = this.reader.next(fromBase64(value));
      if ('step' in read) steps.push(read.step);
      this.after = String(offset);
    }
    return steps;
  }
}
