// One history's world: the log, the store, the disks and the clock, the processes of a ledger on them, and the clients that look at
// what is published. It runs turn by turn; after each, what was promised must hold.

import { MemoryTopic } from '#log';
import { TEST_EPOCH_MS } from '../fixtures/test-ledger.js';
import { Access, type Stage } from './access.js';
import { Answers } from './answers.js';
import { Audience } from './audience.js';
import type { Bug } from './bug.js';
import { Chance } from './chance.js';
import { type Database, STORES } from './database.js';
import { Faults } from './faults.js';
import { Stream } from './index-backend.js';
import { Machine } from './machine.js';
import { type Opening, openingFor } from './opening.js';
import { Pace } from './pace.js';
import { RepositoryDisk } from './repository-disk.js';
import { type Ground, ServiceProcess } from './service-process.js';
import { type ProcessPlan, processesOf, type Setting } from './setting.js';
import { SignerDisk } from './signer-disk.js';
import { SimulatedLog } from './simulated-log.js';
import { Truth } from './truth.js';
import { Turns } from './turns.js';
import { Violation } from './violation.js';
import { VirtualTime } from './virtual-time.js';
import { watchedLog } from './watched-log.js';

export interface WorldOptions {
  readonly seed: number;
  readonly setting: Setting;
  readonly database: Database;
  readonly bug?: Bug | undefined;
  /** The ids of the faults that may fire; all by default. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Told of every turn and of all that is said, for whoever reads the history. */
  readonly listen?: ((line: string) => void) | undefined;
}

export class World {
  readonly time = new VirtualTime<Machine>();
  readonly opening: Opening;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly turns: Turns;
  readonly truth: Truth;
  /** The log; a disaster may replace it by an older copy. */
  topic = new MemoryTopic();
  readonly disk = new RepositoryDisk((name, bytes) => this.onWritten(name, bytes));
  readonly signerDisk = new SignerDisk();
  readonly database: Database;
  readonly answers = new Answers();
  readonly audience = new Audience(this.disk.files);
  readonly pace = new Pace();
  readonly index: Stream;
  readonly relayed: Stream;
  readonly keyholders: Stream;
  readonly plans: readonly ProcessPlan[];
  /** The processes that run, by name. */
  readonly running = new Map<string, ServiceProcess>();
  /** When those that don't are started again. */
  readonly restarts = new Map<string, number>();
  /** How much each process's clock is off, in milliseconds. */
  readonly clocks = new Map<string, number>();
  private violation: Error | undefined;
  /** Processes that ended by themselves and whose transactions Postgres has yet to end. */
  private readonly ended: Machine[] = [];
  private readonly stage: Stage;
  private indexMachine = new Machine('index backend');

  constructor(private readonly options: WorldOptions) {
    const { seed, setting, database, only, listen = () => undefined } = options;
    this.database = database;
    this.chance = new Chance(seed);
    this.faults = new Faults(this.chance, setting.rates, only);
    const say = (line: string) => listen(`${(this.time.now / 1000).toFixed(3)} s  ${line}`);
    this.turns = new Turns(this.time, this.chance, ({ name }, label) => say(`    ${name}: ${label}`));
    this.stage = {
      turns: this.turns,
      faults: this.faults,
      kill: machine => this.kill(machine.name, 0),
      blame: error => this.blame(error),
      note: text => say(`  ${text}`),
    };
    this.opening = openingFor(setting.opening);
    const { ledger, keys } = this.opening;
    this.index = new Stream(ledger, keys.gateway, 'index');
    this.relayed = new Stream(ledger, keys.gateway, 'relayed');
    this.keyholders = new Stream(ledger, keys.gateway, 'keyholders');
    this.truth = new Truth(ledger, this.topic);
    this.plans = processesOf(setting);
    database.onMoved = moved => this.truth.checkProgress(moved);
    this.topic.push([this.opening.record]);
    if (!setting.opensLate) this.topic.push([this.opening.offline]);
  }

  note(text: string): void {
    this.stage.note(text);
  }

  /** Milliseconds since 1970, as a clock that is right shows them. */
  get now(): number {
    return TEST_EPOCH_MS + 1_000 + this.time.now;
  }

  blame(error: Error): void {
    this.violation ??= error;
  }

  /** @throws Violation, the first that there was. */
  demandNothing(): void {
    if (this.violation) throw this.violation;
  }

  /** Runs code of a process until all is quiet. */
  async enter(machine: Machine, code: () => void): Promise<void> {
    await this.turns.enter(machine, code);
  }

  async start(name: string): Promise<void> {
    this.restarts.delete(name);
    const plan = this.plans.find(each => each.name === name)!;
    const machine = new Machine(name);
    await this.enter(machine, () => {
      const process = new ServiceProcess(plan, machine, this.ground());
      this.running.set(name, process);
      process.start();
    });
  }

  /** Ends a process at once; it is started again after `downMs`. */
  async kill(name: string, downMs: number): Promise<void> {
    if (name === this.indexMachine.name) {
      this.end(this.indexMachine);
      this.indexMachine = new Machine(name);
      return;
    }
    const process = this.running.get(name);
    if (!process) return;
    this.running.delete(name);
    this.end(process.machine);
    await this.database.breakOff(process.machine);
    this.restartAfter(name, downMs);
  }

  private restartAfter(name: string, downMs: number): void {
    this.restarts.set(name, this.time.now + (this.faults.active ? downMs : 0));
  }

  /** Asks a process to stop; it is started again `downMs` after it has. */
  async stop(name: string, downMs: number): Promise<void> {
    const process = this.running.get(name);
    if (!process) return;
    const ended = () => {
      if (this.running.get(name) !== process) return;
      this.running.delete(name);
      this.end(process.machine);
      this.restartAfter(name, downMs);
    };
    await this.enter(process.machine, () => void process.stop().then(ended, error => this.blame(error)));
  }

  /** A process with the log that the index backend appends by. */
  async append(work: (log: ReturnType<typeof watchedLog>) => Promise<void>): Promise<void> {
    const machine = this.indexMachine;
    const log = new SimulatedLog(this.topic, new Access(this.stage, machine, 'log'));
    const { bug } = this.options;
    const bugged = bug?.log?.(log, machine.name) ?? log;
    await this.enter(machine, () => {
      void work(watchedLog(bugged, machine.name, this.watch)).catch(error => this.blame(error));
    });
  }

  /** One turn: a restart that is due, something that a process waits for, or some time. Gives whether anything but time went on. */
  async turn(): Promise<boolean> {
    const due = [...this.restarts].find(([, at]) => at <= this.time.now);
    if (due) await this.start(due[0]);
    const moved = due !== undefined || (await this.turns.take());
    if (!moved) this.time.now = this.pace.after(this.time.now, this.next());
    this.pace.see(this.topic.end + this.database.commitsSeen);
    for (const machine of this.ended.splice(0)) await this.database.breakOff(machine);
    this.demandNothing();
    return moved;
  }

  /** When a timer rings, a process wakes or one is started again. */
  private next(): number {
    const wakes = [...this.running.values()].map(({ machine }) => machine.asleepUntil);
    const later = [...wakes, ...this.restarts.values()].filter(at => at > this.time.now);
    return Math.min(this.turns.next(), ...later);
  }

  /** A process that has stopped because of an error, as services do that a person has to look after. */
  private stopFor(machine: Machine, error: Error): void {
    this.note(`${machine.name} stops: ${error.message}`);
    if (!this.truth.isForked)
      this.blame(new Violation('no service stops', `${machine.name}: ${error.message}`));
    this.running.delete(machine.name);
    this.end(machine);
    this.ended.push(machine);
  }

  private end(machine: Machine): void {
    machine.alive = false;
    this.turns.forget(machine);
  }

  private readonly watch = {
    append: (values: readonly Uint8Array[]) => {
      this.check(() => {
        for (const value of values) this.truth.checkSigned(value);
      });
    },
    acknowledge: this.answers.acknowledge,
  };

  private ground(): Ground {
    const { opening, database, topic, disk, signerDisk, stage, watch, truth } = this;
    return {
      ...{ opening, database, topic, disk, signerDisk, stage, watch },
      bug: this.options.bug,
      time: () => this.time.now,
      clock: ({ name }) => this.now + (this.clocks.get(name) ?? 0),
      checkSigning: message => truth.checkSigning(message),
      onFatal: (machine, error) => this.stopFor(machine, error),
    };
  }

  private check(test: () => void): void {
    try {
      test();
    } catch (error) {
      this.blame(error as Error);
    }
  }

  private onWritten(name: string, bytes: Uint8Array): void {
    this.check(() => this.truth.checkFile(name, bytes));
    const isRoot = name.endsWith('.root.json');
    const { rootsBefore = 1 } = this.truth.now.published.state ?? {};
    if (name === 'timestamp.json') this.audience.isBetweenFiles = false;
    else if (isRoot && Number.parseInt(name, 10) <= rootsBefore) this.audience.isBetweenFiles = true;
    // A new root is asked for as soon as it is there.
    if (name === 'timestamp.json' || isRoot) this.look();
  }

  /** Clients look at what is published. */
  look(): void {
    this.check(() => this.audience.look());
  }

  /** A crash of Postgres: its last commits are gone, and with the connections what processes know of positions. */
  async crashPostgres(commits: number, downMs: number): Promise<void> {
    await this.database.takeBack(commits);
    this.database.downUntil = this.time.now + downMs;
    for (const { watermarks } of this.running.values()) watermarks.lose();
  }

  /** Where the projections stand, for people. */
  standing(): string {
    const { size } = this.truth.now;
    const positions = STORES.map(store => `${store} ${this.database.position(store)}`);
    return `${size} records; ${positions.join(', ')}; published ${this.audience.client.version}`;
  }
}
