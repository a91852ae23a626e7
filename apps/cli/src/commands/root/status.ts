// `tuf-ledger root status`: the offline roles as the log says: until when they are valid, who signed, who is missing.

import type { Command } from 'commander';
import { isOfflineRole, OFFLINE_ROLES, type OfflineRole } from '#ledger';
import { offlineRequirements, type Trust } from '#projection';
import { formatExpires, type RoleKeys, roleKeysJson } from '#tuf';
import { FoldedLog } from '../../ceremony/folded-log.js';
import { shortKeyid, signatureLines } from '../../ceremony/proposal-words.js';
import { type Environment, print, printJson } from '../../environment.js';
import { Gateway } from '../../gateway.js';
import { type ServerOptions, withServerOptions } from '../../server-options.js';

interface StatusOptions extends ServerOptions {
  readonly data?: string;
}

const DAY_SECONDS = 86_400;

export function registerRootStatus(root: Command, environment: Environment): void {
  withServerOptions(root.command('status'))
    .description(
      'show the offline roles: their keys, until when they are valid, and who has signed what is proposed',
    )
    .option('--data <folder>', 'the data folder that names the ledger (default: TUF_LEDGER_DATA, or ./data)')
    .action(async (options: StatusOptions) => {
      const { trust } = await FoldedLog.read(new Gateway(options.server, environment), options, environment);
      if (options.json) printJson(environment, { roles: OFFLINE_ROLES.map(role => roleJson(trust, role)) });
      else for (const role of OFFLINE_ROLES) print(environment, ...roleLines(trust, role, environment.now()));
    });
}

function roleJson(trust: Trust, role: OfflineRole) {
  const { life, signers, carries } = trust.get(role)!;
  const { complete, draft } = life;
  return {
    role,
    version: complete?.version ?? null,
    expires: complete ? formatExpires(complete.expires) : null,
    signers,
    keys: Object.fromEntries([...(carries ?? [])].map(([name, keys]) => [name, roleKeysJson(keys)])),
    proposed: draft
      ? {
          version: draft.version,
          expires: formatExpires(draft.expires),
          sha256: draft.sha256,
          signers: [...draft.signatures.keys()],
          requirements: offlineRequirements(trust, role).map(roleKeysJson),
        }
      : null,
  };
}

function roleLines(trust: Trust, role: OfflineRole, now: number): string[] {
  const { life, carries } = trust.get(role)!;
  const { complete, draft } = life;
  const left = complete ? Math.floor(complete.expires - now / 1000) / DAY_SECONDS : 0;
  const validity = left > 0 ? `${Math.floor(left)} days left` : 'EXPIRED';
  const head = complete
    ? `${role} ${complete.version}: valid until ${formatExpires(complete.expires)} (${validity})`
    : `${role}: not complete yet`;
  // The keys of a role that is listed itself stand there.
  const keys = [...(carries ?? [])].map(
    ([name, set]) => `  ${isOfflineRole(name) && name !== role ? `signs ${name}` : name}: ${keysText(set)}`,
  );
  return [head, ...keys, ...(draft ? proposedLines(trust, role) : [])];
}

function keysText({ keys, threshold }: RoleKeys): string {
  return `${threshold} of ${[...keys.keys()].map(shortKeyid).join(', ')}`;
}

function proposedLines(trust: Trust, role: OfflineRole): string[] {
  const { version, expires, sha256, signatures } = trust.get(role)!.life.draft!;
  const requirements = offlineRequirements(trust, role).map(roleKeysJson);
  return [
    `  proposed: ${role} ${version}, valid until ${formatExpires(expires)}, SHA-256 ${sha256}`,
    ...signatureLines(requirements, [...signatures.keys()]).map(line => `    ${line}`),
  ];
}
