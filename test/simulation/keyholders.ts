// Those who hold the offline keys: now and then they give a role other keys, by as many records as that takes. They see the log, as
// anyone does, and always sign as planned: with the keys that go and with those that come.

import { CARRIED, type LedgerEvent, OFFLINE_ROLES, type OfflineRole, type SignedEntry } from '#ledger';
import { type KeyEvent, offlineRequirements, proposalOf, requirementsAfter } from '#projection';
import { type RoleKeys, toHex, utf8 } from '#tuf';
import type { TestKey } from '../fixtures/keys.js';
import { OFFLINE_POOL, ONLINE_POOL } from './key-pools.js';
import { quickCrypto } from './quick-crypto.js';
import type { World } from './world.js';

/** Roles whose keys change; `keys` are numbers of keys in the pool. */
export interface Rekeying {
  /** Taken modulo how many there are. */
  readonly role: number;
  readonly keys: readonly number[];
}

const ROLES = OFFLINE_ROLES.flatMap(carrier => CARRIED[carrier].map(carried => ({ carrier, carried })));
const EXPIRES = '2037-01-01T00:00:00Z';

/** Gives a role other keys. */
export function rekey(world: World, { role, keys }: Rekeying): void {
  const { carrier, carried } = ROLES[role % ROLES.length]!;
  if (!isOpen(world)) return;
  if ((carried === 'targets' || carrier === 'targets') && !isRootPublished(world)) return;
  const isOffline = carried === 'root' || carried === 'targets' || carried === 'bins';
  const pool = isOffline ? OFFLINE_POOL : ONLINE_POOL;
  const chosen = [...new Set(keys.map(key => pool[key % pool.length]!))];
  const change: KeyEvent = {
    type: 'key.rotated',
    role: carried,
    keys: chosen.map(({ key }) => key),
    threshold: chosen.length,
  };
  propose(world, carrier, [change]);
  if (carried !== 'targets' && carried !== 'bins') return;
  // Its own next version bears both; then what brings the keys can be complete.
  propose(world, carried, []);
  signAgain(world, carrier);
}

function isOpen({ truth }: World): boolean {
  return [...truth.now.replay.state.reader.trust.values()].every(({ carries }) => carries !== undefined);
}

/**
 * Where targets are signed anew under a root with other keys for them before that root is published, clients of the root before can't
 * verify them. Then root is published before the state, and somebody who looks between their files sees what does not verify.
 */
function isRootPublished({ truth }: World): boolean {
  const { published, replay } = truth.now;
  return published.state?.root === replay.state.reader.trust.get('root')!.life.complete!.version;
}

function propose(world: World, role: OfflineRole, events: readonly KeyEvent[]): void {
  const { trust, opened } = world.truth.now.replay.state.reader;
  const proposal = proposalOf(trust, opened!, { role, events, expires: EXPIRES }, quickCrypto);
  if ('result' in proposal) return;
  const { version, sha256 } = proposal.event;
  const signatures = signaturesOf(requirementsAfter(trust, role, proposal.next), proposal.text);
  const entries = signatures.map(signature => ({ role, version, sha256, ...signature }));
  append(world, [...events, proposal.event, { type: 'signed', signatures: entries }]);
}

/** Signs the draft that was proposed last once more: what waited for another role was not taken. */
function signAgain(world: World, role: OfflineRole): void {
  const { trust } = world.truth.now.replay.state.reader;
  const { draft } = trust.get(role)!.life;
  const drafted = world.truth.now.effects.flatMap(({ step }) => step.offline.drafted);
  const text = drafted.findLast(({ sha256 }) => sha256 === draft?.sha256)?.text;
  if (!draft || text === undefined) return;
  const { version, sha256 } = draft;
  const signatures = signaturesOf(offlineRequirements(trust, role), text);
  append(world, [
    { type: 'signed', signatures: signatures.map(each => ({ role, version, sha256, ...each })) },
  ]);
}

function signaturesOf(requirements: readonly RoleKeys[], text: string): Pick<SignedEntry, 'keyid' | 'sig'>[] {
  const message = utf8(text);
  const maySign = ({ keyid }: TestKey) => requirements.some(({ keys }) => keys.has(keyid));
  return OFFLINE_POOL.filter(maySign).map(({ keyid, sign }) => ({ keyid, sig: toHex(sign(message)) }));
}

function append({ topic, keyholders }: World, events: readonly LedgerEvent[]): void {
  topic.push([keyholders.next(events)]);
}
