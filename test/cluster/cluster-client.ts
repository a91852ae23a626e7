// What index backends, TUF clients and operators do with a cluster, by HTTP.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { type SeenRepository, seenRepository } from '../fixtures/verify-repository.js';
import type { Cluster } from './cluster.js';

/** How long a request may take, in milliseconds: more than the gateway waits for a publication. */
const REQUEST_LIMIT_MS = 45_000;

/** What became of an event. */
export interface ToldOutcome {
  readonly result: string;
  readonly snapshot?: number;
}

/** What a service says of itself. */
export interface ToldReadiness {
  readonly status: number;
  readonly reasons: readonly string[];
  /** Records that it has read; the gateway calls them `size`, and a service without a log has neither. */
  readonly position?: number;
  readonly size?: number;
}

export class ClusterClient {
  private constructor(
    private readonly cluster: Cluster,
    private readonly token: string,
    readonly gateway: string,
  ) {}

  /** One that asks the gateway of that name. */
  static async of(cluster: Cluster, gateway = 'gateway'): Promise<ClusterClient> {
    return new ClusterClient(cluster, (await readFile(cluster.ledger.tokenFile, 'utf8')).trim(), gateway);
  }

  /** Uploads a file of that name and waits until it is published. @throws Error where the gateway does not say that it is. */
  async upload(filename: string): Promise<{ path: string; outcomes: readonly ToldOutcome[] }> {
    const { status, body } = await this.post([uploadOf('demo', filename)], true);
    if (status !== 200) throw new Error(`The gateway answered ${status}: ${JSON.stringify(body)}`);
    return { path: `demo/${filename}`, outcomes: body.outcomes ?? [] };
  }

  async post(
    events: readonly object[],
    wait: boolean,
  ): Promise<{ status: number; body: { outcomes?: readonly ToldOutcome[]; positions?: readonly number[] } }> {
    const url = `${this.cluster.service(this.gateway).url}/v1/records${wait ? '?wait=published' : ''}`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    return { status: answer.status, body: (await answer.json()) as object };
  }

  /** What the gateway answers to a question; `path` begins with `/v1/`. */
  async get<T extends object>(path: string): Promise<{ status: number; body: T }> {
    const answer = await fetch(this.cluster.service(this.gateway).url + path, {
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  /** What a strict TUF client is shown by the repository service. @throws Error where something does not verify. */
  seen(): Promise<SeenRepository> {
    const base = `${this.cluster.service('repository').url}/metadata/`;
    return seenThrough(async name => {
      const answer = await fetch(base + name);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
    });
  }

  async readiness(service: string): Promise<ToldReadiness> {
    const answer = await fetch(`${this.cluster.service(service).url}/readyz`);
    return { ...((await answer.json()) as Omit<ToldReadiness, 'status'>), status: answer.status };
  }

  async metrics(service: string): Promise<string> {
    return (await fetch(`${this.cluster.service(service).url}/metrics`)).text();
  }

  /** Drops all that is derived and stored in Postgres. */
  async dropProjections(): Promise<void> {
    const client = new pg.Client({ connectionString: this.cluster.postgres.url });
    await client.connect();
    await client.query(
      'DROP SCHEMA tuf_root, tuf_targets, tuf_snapshot, tuf_timestamp, tuf_repository CASCADE',
    );
    await client.end();
  }
}

/** The upload of a made-up file. */
export function uploadOf(project: string, filename: string): object {
  const sha256 = createHash('sha256').update(filename).digest('hex');
  return { type: 'file.uploaded', project, filename, length: filename.length, hashes: { sha256 } };
}

/** What a client sees that fetches as clients do: the timestamp first, then what it names, and so on. */
export async function seenThrough(
  fetchFile: (name: string) => Promise<Uint8Array | undefined>,
): Promise<SeenRepository> {
  const files = new Map<string, Uint8Array>();
  const add = async (name: string): Promise<Signed> => {
    const bytes = await fetchFile(name);
    if (!bytes) throw new Error(`${name} is not served.`);
    files.set(name, bytes);
    return JSON.parse(new TextDecoder().decode(bytes)).signed as Signed;
  };
  const addIfThere = async (name: string): Promise<boolean> => {
    const bytes = await fetchFile(name);
    if (bytes) files.set(name, bytes);
    return bytes !== undefined;
  };
  await add('1.root.json');
  for (let version = 2; await addIfThere(`${version}.root.json`); version++);
  const timestamp = await add('timestamp.json');
  const snapshot = await add(`${timestamp.meta['snapshot.json']!.version}.snapshot.json`);
  await Promise.all(Object.entries(snapshot.meta).map(([name, { version }]) => add(`${version}.${name}`)));
  return seenRepository(files)!;
}

interface Signed {
  readonly meta: Readonly<Record<string, { readonly version: number }>>;
}
