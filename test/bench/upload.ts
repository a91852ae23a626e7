// One upload, from its POST to the served timestamp that covers it.

import { createHash } from 'node:crypto';
import type { Figure } from './figure.js';
import type { Limits } from './limits.js';
import { percentile } from './measure.js';

export interface Server {
  readonly url: string;
  readonly token: string;
}

/** Uploads one after the other. */
const UPLOADS = 40;

export async function measureUploads(server: Server, limits: Limits): Promise<Figure[]> {
  const times: number[] = [];
  for (let i = 0; i < UPLOADS; i++) {
    const began = performance.now();
    const state = await upload(server, i);
    await servedState(server, state);
    times.push(performance.now() - began);
  }
  // The upload, its cut, the signatures over bin and snapshot, and that over the timestamp follow from one another.
  const { append, sync, file, sign, verify } = limits;
  const limitMs = 4 * append + 2 * sync + 4 * file + 3 * sign + 7 * verify;
  const limit = '4 appends read back, 2 flushes of the signer, 4 files, 3 signatures, 7 verifications';
  return [50, 95].map(p => ({
    name: `one upload to served timestamp, p${p}`,
    ms: percentile(times, p),
    limitMs,
    limit,
  }));
}

async function upload({ url, token }: Server, i: number): Promise<number> {
  const filename = `bench-${i}.tar.gz`;
  const sha256 = createHash('sha256').update(filename).digest('hex');
  const event = { type: 'file.uploaded', project: 'bench', filename, length: i + 1, hashes: { sha256 } };
  const response = await fetch(`${url}/v1/records?wait=published`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event] }),
  });
  const answer = (await response.json()) as { outcomes?: { snapshot?: number }[] };
  const snapshot = answer.outcomes?.[0]?.snapshot;
  if (response.status !== 200 || snapshot === undefined) {
    throw new Error(`The upload was answered by ${response.status}: ${JSON.stringify(answer)}`);
  }
  return snapshot;
}

/** Asks for the timestamp until it is that of `state` or a later one. */
async function servedState({ url }: Server, state: number): Promise<void> {
  for (;;) {
    const timestamp = (await (await fetch(`${url}/metadata/timestamp.json`)).json()) as {
      signed: { version: number };
    };
    if (timestamp.signed.version >= state) return;
  }
}
