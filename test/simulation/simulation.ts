// Histories one after the other, on a Postgres of their own.

import { startPostgres, type TestPostgres } from '../fixtures/postgres.js';
import { Database } from './database.js';
import { describeFailure } from './describe.js';
import { type HistoryPlan, type Part, type Played, play } from './history.js';
import { shrink } from './shrink.js';

/** What many histories came to. */
export interface Tally {
  histories: number;
  turns: number;
  states: number;
  faults: number;
}

export class Simulation {
  readonly tally: Tally = { histories: 0, turns: 0, states: 0, faults: 0 };
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly postgres: TestPostgres,
    private readonly database: Database,
  ) {}

  static async open(): Promise<Simulation> {
    const postgres = await startPostgres();
    return new Simulation(postgres, await Database.connect(postgres.url));
  }

  /** Once, however often it is asked for: a signal may come while it closes. */
  close(): Promise<void> {
    this.closing ??= this.database.close().then(() => this.postgres.stop());
    return this.closing;
  }

  async play(plan: HistoryPlan, part?: Part, listen?: (line: string) => void): Promise<Played> {
    const played = await play(plan, this.database, part, listen);
    this.tally.histories++;
    this.tally.turns += played.turns;
    this.tally.states += played.states;
    this.tally.faults += played.fired.length;
    return played;
  }

  /** The failure of a history as short as can be found, for people. */
  async explain(plan: HistoryPlan, failed: Played): Promise<string> {
    return describeFailure(plan, await shrink(plan, failed, this.database));
  }
}
