// What follows from the topic, by a fold in memory, against what is served.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Published, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import type { Cluster } from '../cluster.js';
import { seenThrough } from '../cluster-client.js';
import { topicValues } from '../topic-values.js';

const TOPIC = 'tuf-ledger';
/** Versions of a role that are kept while the topic is folded: all files of a long run don't fit the memory. */
const KEPT_VERSIONS = 4;
const LOOK_MS = 200;

/** What the topic holds. */
export interface TopicReport {
  readonly records: number;
  readonly noise: number;
  readonly states: number;
}

/**
 * Compares the files of the newest state with what the topic gives, once that state is served; gives their number.
 * @throws Error where a file differs, or the state is not served within `limitMs`.
 */
export async function compareWithTopic(
  cluster: Cluster,
  limitMs: number,
): Promise<{ readonly topic: TopicReport; readonly files: number }> {
  const until = Date.now() + limitMs;
  for (;;) {
    const { topic, files } = await foldTopic(cluster);
    const served = await clientFiles(cluster.volume('repository'));
    if (served.has(`${topic.states}.snapshot.json`)) {
      for (const [name, bytes] of served)
        if (Buffer.compare(files.get(name) ?? new Uint8Array(), bytes) !== 0)
          throw new Error(`${name} is not what the topic gives.`);
      return { topic, files: served.size };
    }
    if (Date.now() > until) throw new Error(`State ${topic.states} of the topic is not served.`);
    await wait(LOOK_MS);
  }
}

/** The newest files that follow from the topic, by name. */
async function foldTopic(
  cluster: Cluster,
): Promise<{ topic: TopicReport; files: ReadonlyMap<string, Uint8Array> }> {
  const { ledger } = JSON.parse(await readFile(cluster.ledger.ledgerFile, 'utf8'));
  const replay = new Replay(ledger, nativeCrypto);
  const published = new Published();
  const counts = { records: 0, noise: 0 };
  const kept = new Map<string, string[]>();
  for (const { value } of await topicValues(cluster.brokers.addresses, TOPIC)) {
    const effects = replay.next(value);
    counts[effects ? 'records' : 'noise']++;
    for (const { name } of effects ? published.take(effects) : []) {
      // The timestamp has no version in its name: the newest takes the place of the one before.
      const role = name.replace(/^[0-9]+\./, '');
      if (role === name) continue;
      const names = [...(kept.get(role) ?? []), name];
      while (names.length > KEPT_VERSIONS) published.files.delete(names.shift()!);
      kept.set(role, names);
    }
  }
  return { topic: { ...counts, states: published.state?.state ?? 0 }, files: published.files };
}

/** The files that a client of the newest state needs, as they lie in the folder. */
async function clientFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  await seenThrough(async name => {
    // A client asks for the next root too, which need not be there.
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (!bytes) return undefined;
    files.set(name, new Uint8Array(bytes));
    return new Uint8Array(bytes);
  });
  return files;
}
