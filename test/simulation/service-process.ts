// A process of the ledger, put together as apps/ledger does it, on simulated ground.

import type { DataSource } from 'typeorm';
import { CutScheduler } from '#apps/gateway/src/cut-scheduler';
import { LogTail } from '#apps/gateway/src/log-tail';
import { Publisher } from '#apps/gateway/src/publisher';
import { Relay } from '#apps/gateway/src/relay';
import { type StateWatch, StoredStates } from '#apps/gateway/src/state-watch';
import { foldOf } from '#apps/ledger/src/projections';
import { readTogether } from '#apps/ledger/src/readings';
import { TargetsProjection } from '#apps/projector-targets/src/targets-projection';
import { Repository } from '#apps/repository/src/repository';
import { Signer } from '#apps/signer/src/signer';
import {
  type FactGround,
  type Follower,
  Following,
  Projector,
  type ServiceLog,
  type ServiceName,
} from '#host';
import type { Log, MemoryTopic } from '#log';
import { readProgress } from '#store';
import type { TestKey } from '../fixtures/keys.js';
import { Access, type Stage } from './access.js';
import type { Bug } from './bug.js';
import { type Database, SCHEMA_PREFIX, STORES, type StoreName } from './database.js';
import { ONLINE_POOL } from './key-pools.js';
import type { Machine } from './machine.js';
import type { Opening } from './opening.js';
import { quickCrypto } from './quick-crypto.js';
import { type RepositoryDisk, SimulatedFiles } from './repository-disk.js';
import type { ProcessPlan } from './setting.js';
import { type SignerDisk, signerStore } from './signer-disk.js';
import { simulatedKey } from './signing-keys.js';
import { SimulatedLog } from './simulated-log.js';
import { simulatedSource } from './simulated-source.js';
import { type LogWatch, watchedLog } from './watched-log.js';
import { SimulatedWatermarks } from './watermarks.js';

/** The world outside of all processes. */
export interface Ground {
  readonly stage: Stage;
  readonly opening: Opening;
  readonly database: Database;
  readonly topic: MemoryTopic;
  readonly disk: RepositoryDisk;
  readonly signerDisk: SignerDisk;
  readonly bug: Bug | undefined;
  /** Virtual milliseconds since the history began. */
  readonly time: () => number;
  /** What a process's wall clock shows, in milliseconds. */
  readonly clock: (machine: Machine) => number;
  readonly watch: LogWatch;
  readonly checkSigning: (message: Uint8Array) => void;
  readonly onFatal: (machine: Machine, error: Error) => void;
}

/** What reads the log in a process, and what its scheduler of cuts looks at. */
interface Reading {
  readonly followings: readonly Following[];
  readonly states: StateWatch;
}

export class ServiceProcess {
  readonly watermarks: SimulatedWatermarks;
  readonly publisher: Publisher | undefined;
  readonly relay: Relay | undefined;
  private readonly tail: LogTail | undefined;
  private readonly signer: Signer | undefined;
  private readonly reading: Reading;
  private readonly repository: Repository | undefined;
  private readonly scheduler: CutScheduler | undefined;
  private readonly log: Log;
  private readonly sources: Record<StoreName, DataSource>;

  constructor(
    readonly plan: ProcessPlan,
    readonly machine: Machine,
    private readonly ground: Ground,
  ) {
    this.watermarks = new SimulatedWatermarks(ground.database, this.access('store'));
    this.log = this.makeLog();
    this.sources = this.makeSources();
    if (plan.gateway !== undefined) this.tail = this.makeTail();
    if (plan.signer) this.signer = this.makeSigner();
    if (plan.repository) this.repository = this.makeRepository();
    this.reading = this.makeReading();
    if (!this.tail) return;
    const { gateway, scheduler } = ground.opening.keys;
    this.publisher = this.makePublisher(gateway);
    this.relay = new Relay(this.tail);
    this.scheduler = this.makeScheduler(this.makePublisher(scheduler));
  }

  start(): void {
    for (const following of this.reading.followings)
      following.start(error => {
        this.tail?.stop(error);
        this.ground.onFatal(this.machine, error);
      });
    this.repository?.start();
    this.scheduler?.start();
  }

  /** Ends as the product does when it is asked to. */
  async stop(): Promise<void> {
    const ended = this.scheduler?.stop();
    this.tail?.stop();
    await ended;
    await Promise.all(this.reading.followings.map(following => following.stop()));
    await this.signer?.close();
    await this.repository?.stop();
  }

  private access(resource: ConstructorParameters<typeof Access>[2]): Access {
    return new Access(this.ground.stage, this.machine, resource);
  }

  private readonly report: ServiceLog = (level, message) => {
    if (level !== 'info') this.ground.stage.note(`${this.machine.name}: ${message}`);
  };

  private readonly clock = () => this.ground.clock(this.machine);

  private makeLog(): Log {
    const { topic, watch, bug } = this.ground;
    const { name } = this.machine;
    const log = new SimulatedLog(topic, this.access('log'));
    return watchedLog(bug?.log?.(log, name) ?? log, name, watch);
  }

  private makeSources(): Record<StoreName, DataSource> {
    const { database, bug, time } = this.ground;
    const access = this.access('store');
    const isUp = () => database.downUntil <= time();
    const make = (store: StoreName) => {
      const source = simulatedSource(database, store, { access, isUp });
      return bug?.source?.(source) ?? source;
    };
    return Object.fromEntries(STORES.map(store => [store, make(store)])) as Record<StoreName, DataSource>;
  }

  private makeTail(): LogTail {
    const from = () => readProgress(this.sources.root);
    const tail = new LogTail({ log: this.log, crypto: quickCrypto, from });
    this.ground.bug?.tail?.(tail);
    return tail;
  }

  private makePublisher(key: TestKey): Publisher {
    const identity = { key: simulatedKey(key, this.access('key')), stream: this.plan.gateway! };
    return new Publisher(this.tail!, identity, this.ground.opening.ledger);
  }

  private makeScheduler(publisher: Publisher): CutScheduler {
    const { states } = this.reading;
    const queued = () => this.publisher!.queuedEvents;
    const facts = { ...this.factGround(), states, crypto: quickCrypto };
    const parts = { ...facts, report: this.report, intervalMs: 0, queued };
    return new CutScheduler(parts, publisher, this.clock);
  }

  private factGround(): FactGround {
    return { sources: this.sources, prefix: SCHEMA_PREFIX, watermarks: this.watermarks };
  }

  /** All in one reading, put together as the product does it; or what runs here in one of its own. */
  private makeReading(): Reading {
    const facts = this.factGround();
    const { tail, signer, repository, plan, report } = this;
    const { ledger } = this.ground.opening;
    const ground = { ledger, log: this.log, crypto: quickCrypto, report: () => report };
    if (plan.services.length > 1) {
      const parts = { ...facts, tail: tail!, signer: signer!, repository: repository! };
      const { all, states } = readTogether(ground, parts);
      return { followings: all, states };
    }
    const projectors = plan.services.map(service => this.makeProjector(service, facts));
    const followers: (Follower | undefined)[] = [tail, ...projectors, signer];
    const here = followers.filter(follower => follower !== undefined);
    const followings = here.length > 0 ? [new Following(here, { ...ground, report })] : [];
    return { followings, states: new StoredStates(facts) };
  }

  private makeProjector(service: ServiceName, facts: FactGround): Projector {
    const { shard } = this.plan;
    const fold = shard
      ? new TargetsProjection(facts, shard, quickCrypto)
      : foldOf(service, facts, quickCrypto);
    return new Projector(this.ground.bug?.fold?.(fold, this.clock) ?? fold, facts);
  }

  private makeSigner(): Signer {
    const { opening, signerDisk, checkSigning, bug } = this.ground;
    const access = this.access('key');
    bug?.disk?.(signerDisk);
    const signer = new Signer({
      ledger: opening.ledger,
      log: this.log,
      crypto: quickCrypto,
      folder: '',
      keys: ONLINE_POOL.map(key => simulatedKey(key, access, checkSigning)),
      publisher: { key: simulatedKey(opening.keys.signer, access), stream: 'signer' },
      clock: this.clock,
      report: this.report,
    });
    // In place of the folder that the signer would open.
    Object.assign(signer, { store: Promise.resolve(signerStore(signerDisk, this.access('disk'))) });
    return signer;
  }

  private makeRepository(): Repository {
    const { disk, opening, bug } = this.ground;
    const files = new SimulatedFiles(disk, this.access('files'));
    const repository = new Repository({
      opened: opening.opened,
      files: bug?.files?.(files) ?? files,
      sources: this.sources,
      own: this.sources.repository,
      watermarks: this.watermarks,
      prefix: SCHEMA_PREFIX,
      report: this.report,
    });
    bug?.repository?.(repository);
    return repository;
  }
}
