// Who may append by HTTP. The tokens' file holds no token, only hashes:
//
//   {"tokens":[{"name":"index","sha256":HEX,"permissions":["index","relay"]},...]}
//
// `sha256` is of the token's UTF-8 text. Permissions: `index` for events of files and projects, `delegate` for events of
// delegated roles, `relay` for ready envelopes and for signatures and drafts of role keys. What a token permits, the ledger must
// still permit the gateway's key. The file is read at the start; after a change the gateway is started again.

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HostError } from '#host';
import { isHex } from '#tuf';

const PERMISSIONS = ['index', 'delegate', 'relay'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Tokens in one file; each request looks at all of them. */
const MAX_TOKENS = 1_000;

/** Whom a request's token belongs to. */
export interface Bearer {
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
}

interface KnownToken {
  readonly hash: Buffer;
  readonly bearer: Bearer;
}

export class BearerTokens {
  private tokens: readonly KnownToken[] = [];

  /** Reads the file. @throws HostError `config-invalid` where it can't be read or is not of the form above. */
  async load(file: string): Promise<void> {
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw new HostError('config-invalid', `The tokens' file ${file} can't be read: ${error.message}.`);
    });
    this.tokens = parseTokens(text, file);
  }

  /** Whom a token belongs to; undefined where nobody. Takes the same time whichever token it is, or none. */
  identify(token: string): Bearer | undefined {
    const hash = createHash('sha256').update(token).digest();
    let found: Bearer | undefined;
    for (const known of this.tokens) if (timingSafeEqual(hash, known.hash)) found = known.bearer;
    return found;
  }
}

function parseTokens(text: string, file: string): KnownToken[] {
  const fault = (what: string) => new HostError('config-invalid', `The tokens' file ${file} ${what}.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fault('is not JSON');
  }
  const tokens = (json as { tokens?: unknown } | null)?.tokens;
  if (!Array.isArray(tokens) || tokens.length > MAX_TOKENS)
    throw fault(`must be an object with a list "tokens" of at most ${MAX_TOKENS}`);
  return tokens.map((token, index) => {
    const known = knownToken(token);
    if (known) return known;
    throw fault(
      `has a wrong entry tokens[${index}]: it needs a "name", the "sha256" of a token in lower-case hex, and ` +
        `"permissions" out of ${PERMISSIONS.join(', ')}`,
    );
  });
}

function knownToken(json: unknown): KnownToken | undefined {
  const { name, sha256, permissions } = (json ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') return undefined;
  if (typeof sha256 !== 'string' || !isHex(sha256, 32)) return undefined;
  if (!Array.isArray(permissions) || !permissions.every(isPermission)) return undefined;
  return { hash: Buffer.from(sha256, 'hex'), bearer: { name, permissions: new Set(permissions) } };
}

function isPermission(json: unknown): json is Permission {
  return PERMISSIONS.some(permission => permission === json);
}
