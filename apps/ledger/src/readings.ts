// Who reads the log with whom. Together, as in `npm start`: one reading for all, and the projectors hand over what they do.
// Apart, as in a process each: every service reads the log and the others' facts for itself.

import { type History, StoredHistory } from '#apps/gateway/src/history';
import { LiveHistory } from '#apps/gateway/src/live-history';
import { LiveStates } from '#apps/gateway/src/live-states';
import type { LogTail } from '#apps/gateway/src/log-tail';
import { type StateWatch, StoredStates } from '#apps/gateway/src/state-watch';
import { claimProjectors } from '#apps/projector-targets/src/shard-projectors';
import { LivePublication } from '#apps/repository/src/live-publication';
import type { Repository } from '#apps/repository/src/repository';
import type { Signer } from '#apps/signer/src/signer';
import {
  type AheadCrypto,
  type FactGround,
  type Follower,
  Following,
  Handover,
  jsonLog,
  SERVICES,
  type ServiceLog,
} from '#host';
import type { Log } from '#log';
import { type Shard, WHOLE } from '#projection';
import { readProgress } from '#store';
import { projectorOf } from './projections.js';

/** The log that is read, and how. */
export interface ReadingGround {
  readonly ledger: string;
  readonly log: Log;
  readonly crypto: AheadCrypto;
  readonly report?: (service: string) => ServiceLog;
}

/** Those who follow the log beside the projectors. */
export interface ReadingParts extends FactGround {
  readonly tail: LogTail;
  readonly repository: Repository;
  readonly signer: Signer;
}

export interface Readings {
  readonly all: readonly Following[];
  /** What the scheduler of cuts looks at. */
  readonly states: StateWatch;
  /** What requests that wait for publication ask. */
  readonly history: History;
}

export function readTogether(ground: ReadingGround, parts: ReadingParts): Readings {
  const { tail, signer, repository, sources } = parts;
  const handover = new Handover();
  const projectors = SERVICES.map(service => projectorOf(service, { ...parts, handover }, ground.crypto));
  const fromLast = () => readProgress(sources.timestamp);
  const states = new LiveStates(handover, new StoredStates(parts), fromLast, repository);
  const history = new LiveHistory(handover, new StoredHistory(parts), fromLast);
  const publication = new LivePublication(repository, handover, fromLast);
  // The signer comes before those who only watch: what it waits for, the disk and the log, takes longest.
  const all = [follow(ground, 'ledger', [tail, ...projectors, signer, publication, history, states])];
  return { all, states, history };
}

/** `shards`: those of projector-targets, each as a process of its own. */
export async function readApart(
  ground: ReadingGround,
  parts: ReadingParts,
  shards: readonly Shard[] = [WHOLE],
): Promise<Readings> {
  const projectors = SERVICES.filter(service => service !== 'targets').map(service =>
    follow(ground, `projector-${service}`, [projectorOf(service, parts, ground.crypto)]),
  );
  for (const shard of shards) {
    const followers = await claimProjectors(shard, parts, ground.crypto);
    projectors.push(follow(ground, 'projector-targets', followers));
  }
  const all = [
    follow(ground, 'gateway', [parts.tail]),
    ...projectors,
    follow(ground, 'signer', [parts.signer]),
  ];
  return { all, states: new StoredStates(parts), history: new StoredHistory(parts) };
}

function follow(
  { ledger, log, crypto, report = jsonLog }: ReadingGround,
  name: string,
  followers: readonly Follower[],
): Following {
  return new Following(followers, { log, ledger, crypto, report: report(name) });
}
