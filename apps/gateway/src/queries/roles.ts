// Roles and their versions. Any version can be had, also one whose text was let go: it is rendered again from history.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { sourceOfRole, versionText } from '#host';
import { readNewestComplete, readVersion, type StoredVersion } from '#store';
import { compareCodePoints, formatExpires, fromUtf8, type Json, metadataFile } from '#tuf';
import type { LogTail } from '../log-tail.js';
import { pageOf } from '../paging.js';
import { GATEWAY_PARTS, type GatewayParts, LOG_TAIL } from '../parts.js';
import { Problem } from '../problem.js';

const ROLE_FORM = /^[a-z0-9._-]{1,64}$/;

/** A version of a role; `drafted` and `completed` are positions, `sha256` is of the canonical text that is signed. */
export interface RoleVersionView {
  readonly role: string;
  readonly version: number;
  readonly expires: string;
  readonly drafted: number;
  readonly completed: number | null;
  readonly sha256: string;
}

export class ListRoles extends Query<{
  readonly roles: readonly RoleVersionView[];
  readonly next: string | null;
}> {
  constructor(readonly page: { readonly after: string; readonly limit: number }) {
    super();
  }
}

@QueryHandler(ListRoles)
export class ListRolesHandler implements IQueryHandler<ListRoles> {
  constructor(@Inject(GATEWAY_PARTS) private readonly parts: GatewayParts) {}

  /** The newest complete version of each role, by name. */
  async execute({ page }: ListRoles) {
    const { root, targets, snapshot, timestamp } = this.parts.sources;
    const more = { after: page.after, limit: page.limit + 1 };
    const found = await Promise.all(
      [root, targets, snapshot, timestamp].map(source =>
        readNewestComplete(source, Number.MAX_SAFE_INTEGER, more),
      ),
    );
    const versions = found.flat().sort((a, b) => compareCodePoints(a.role, b.role));
    const { items, next } = pageOf(versions, page.limit, ({ role }) => role);
    return { roles: items.map(versionView), next };
  }
}

/** A version with its metadata file, which has no signatures while it is a draft or if it died as one. */
export class GetRoleVersion extends Query<RoleVersionView & { readonly metadata: Json }> {
  constructor(
    readonly role: string,
    readonly version: number,
  ) {
    super();
  }
}

@QueryHandler(GetRoleVersion)
export class GetRoleVersionHandler implements IQueryHandler<GetRoleVersion> {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: GatewayParts,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
  ) {}

  async execute({ role, version }: GetRoleVersion) {
    const { sources } = this.parts;
    const stored = ROLE_FORM.test(role)
      ? await readVersion(sourceOfRole(sources, role), role, version)
      : undefined;
    const text = stored && (stored.text ?? (await versionText(sources, this.tail.opened, role, version)));
    if (!stored || text === undefined) {
      throw new Problem(
        'role-unknown',
        `No version ${version} of ${JSON.stringify(role.slice(0, 64))} was ever drafted; /v1/roles lists the roles.`,
      );
    }
    const metadata = JSON.parse(fromUtf8(metadataFile(text, stored.signatures))) as Json;
    return { ...versionView(stored), metadata };
  }
}

function versionView({ role, version, expires, drafted, completed, sha256 }: StoredVersion): RoleVersionView {
  return { role, version, expires: formatExpires(expires), drafted, completed: completed ?? null, sha256 };
}
