// What the lines of one run share: the workplace, the costs of single operations, and the ledger with the imported files, each
// made when the first line asks for it.

import { type Imported, importFiles } from './driving/imported.js';
import type { LedgerClient } from './driving/ledger-client.js';
import { type MadeFile, madeFiles, realProjects } from './driving/made-files.js';
import type { MeasuredLedger, Opened } from './driving/measured-ledger.js';
import type { PeakMemory } from './driving/process-memory.js';
import type { Costs } from './limits/costs.js';
import type { Size } from './sizes.js';
import type { Workplace } from './workplace.js';

/** Every ledger of a run gets the same files. */
const SEED = 458;

/** Where the ledgers of a run live, and what single operations cost there. */
export interface Ground<L extends MeasuredLedger> {
  /** Starts a new ledger of so many bins. */
  readonly open: (workplace: Workplace, bins: number) => Promise<Opened<L>>;
  readonly costs: (workplace: Workplace) => Promise<Costs>;
}

/** What is measured. */
export interface Run<L extends MeasuredLedger> {
  readonly ground: Ground<L>;
  readonly bins: number;
  readonly size: Size;
}

export class Bench<L extends MeasuredLedger = MeasuredLedger> {
  private known: { costs?: Promise<Costs>; imported?: Promise<Imported<L>> } = {};
  private readonly projects = realProjects();

  constructor(
    readonly workplace: Workplace,
    private readonly run: Run<L>,
    /** Tells people what is being done. */
    readonly say: (text: string) => void,
  ) {}

  get bins(): number {
    return this.run.bins;
  }

  get size(): Size {
    return this.run.size;
  }

  /** The made files, from the first on. */
  files(): Generator<MadeFile, never> {
    return madeFiles(this.projects, SEED);
  }

  costs(): Promise<Costs> {
    this.known.costs ??= this.measure();
    return this.known.costs;
  }

  /** The ledger that holds all files of the import, which lines use one after the other. */
  imported(): Promise<Imported<L>> {
    this.known.imported ??= this.import();
    return this.known.imported;
  }

  /** What was measured beside the figures, as far as lines asked for it. */
  async aside(): Promise<{ costs?: Costs; memory?: readonly PeakMemory[] }> {
    const costs = await this.known.costs?.catch(() => undefined);
    const imported = await this.known.imported?.catch(() => undefined);
    return { ...(costs && { costs }), ...(imported && { memory: imported.parts.watch.last.processes }) };
  }

  /** Starts a new ledger, of the run's bins unless told otherwise, and waits until its first state is served. */
  async openLedger(bins: number = this.bins): Promise<Opened<L>> {
    const opened = await this.run.ground.open(this.workplace, bins);
    try {
      await opened.client.reached(1);
      return opened;
    } catch (error) {
      const explained = await opened.ledger.explain(error);
      await opened.ledger.stop();
      throw explained;
    }
  }

  /** Has `work` done with a new ledger, which is stopped then. */
  async withLedger<T>(work: (client: LedgerClient, ledger: L) => Promise<T>, bins?: number): Promise<T> {
    const { ledger, client } = await this.openLedger(bins);
    try {
      return await work(client, ledger);
    } catch (error) {
      throw await ledger.explain(error);
    } finally {
      client.close();
      await ledger.stop();
    }
  }

  private async import(): Promise<Imported<L>> {
    const what = { files: this.files(), count: this.size.importFiles, say: this.say };
    return importFiles(await this.openLedger(), what);
  }

  private measure(): Promise<Costs> {
    this.say('costs of single operations');
    return this.run.ground.costs(this.workplace);
  }
}
