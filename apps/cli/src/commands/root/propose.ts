// `tuf-ledger root propose`: makes the file of a proposal. The ledger learns nothing of it before it is submitted.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { eventJson, OFFLINE_ROLES, type OfflineRole } from '#ledger';
import { type Proposal as Draft, offlineText, proposalOf, requirementsAfter } from '#projection';
import { nativeCrypto } from '#signing';
import { escapeControls, formatExpires, type JsonObject, roleKeysJson } from '#tuf';
import { collected } from '../../administration.js';
import { requireUnsigned } from '../../ceremony/ceremony-file.js';
import { FoldedLog } from '../../ceremony/folded-log.js';
import { type KeyOptions, keyEvents, sharedKeys } from '../../ceremony/key-changes.js';
import { readProposal, writeProposal } from '../../ceremony/proposal-file.js';
import { proposalLines, signatureLines } from '../../ceremony/proposal-words.js';
import { type Environment, print, printJson } from '../../environment.js';
import { CliError } from '../../errors.js';
import { Gateway } from '../../gateway.js';
import { type ServerOptions, withServerOptions } from '../../server-options.js';

const DEFAULT_DAYS = 365;
const MAX_DAYS = 3_650;
const DAY_SECONDS = 86_400;

interface ProposeOptions extends ServerOptions, KeyOptions {
  readonly for: OfflineRole;
  readonly days: number;
  readonly data?: string;
  readonly out?: string;
}

export function registerPropose(root: Command, environment: Environment): void {
  withServerOptions(root.command('propose'))
    .description('propose the next version of root, targets or bins, as a file that its keyholders sign')
    .addOption(
      new Option('--for <role>', 'the role whose next version it is').choices(OFFLINE_ROLES).default('root'),
    )
    .option('--add <role=file>', 'a public key comes, as often as needed', collected, [])
    .option(
      '--remove <role=keyid>',
      'a key goes, as planned: what it signed stays good for a while',
      collected,
      [],
    )
    .option(
      '--revoke <role=keyid>',
      'a key goes at once: nobody who has the new root takes its signatures',
      collected,
      [],
    )
    .option('--threshold <role=n>', 'how many keys of the role must sign', collected, [])
    .option('--days <n>', `how long it is valid, from now (1 to ${MAX_DAYS})`, daysOf, DEFAULT_DAYS)
    .option('--data <folder>', 'the data folder that names the ledger (default: TUF_LEDGER_DATA, or ./data)')
    .option('--out <file>', 'the file to write (default: ROLE-VERSION.proposal.json)')
    .action((options: ProposeOptions) => propose(options, environment));
}

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isSafeInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MAX_DAYS}.`);
}

async function propose(options: ProposeOptions, environment: Environment): Promise<void> {
  const log = await FoldedLog.read(new Gateway(options.server, environment), options, environment);
  const { trust, opened } = log;
  const role = options.for;
  if (!trust.get(role)!.carries)
    throw new CliError('proposal-refused', `${role} 1 is not complete yet.`, 'Sign the opening first.');
  const events = await keyEvents(trust, role, options);
  const expires = formatExpires(Math.floor(environment.now() / 1000) + options.days * DAY_SECONDS);
  const draft = proposalOf(trust, opened, { role, events, expires }, nativeCrypto);
  if ('result' in draft) {
    const detail = draft.result === 'rejected' ? draft.rejection.detail : 'nothing changes';
    throw new CliError('proposal-refused', `${detail}.`, 'Nothing was written.');
  }
  const requirements = requirementsAfter(trust, role, draft.next);
  const path = options.out ?? `${role}-${draft.event.version}.proposal.json`;
  await requireUnsigned(path);
  await writeProposal(path, {
    ledger: log.ledger,
    origin: opened.origin,
    events: [...events, draft.event].map(eventJson),
    requirements: requirements.map(roleKeysJson),
    keys: [...new Map(requirements.flatMap(({ keys }) => [...keys])).values()],
    before: metadataBefore(log, role),
    signatures: [],
    signed: parsed(draft.text),
  });
  await report(path, { draft, shared: sharedKeys(trust, role, events) }, options, environment);
}

async function report(
  path: string,
  { draft, shared }: { draft: Draft; shared: readonly string[] },
  options: ProposeOptions,
  environment: Environment,
): Promise<void> {
  const proposal = await readProposal(path);
  for (const line of shared) environment.stderr.write(`Warning: ${line}.\n`);
  if (options.json)
    return printJson(environment, { file: path, ...draft.event, requirements: proposal.requirements });
  print(
    environment,
    ...proposalLines(proposal, environment.now()),
    ...signatureLines(proposal.requirements, []),
    `Written to ${path}. Next, on each keyholder's machine: tuf-ledger root sign ${path} --key FILE`,
  );
}

/** The `signed` part of the newest complete version. */
function metadataBefore({ trust, opened }: FoldedLog, role: OfflineRole): JsonObject {
  const { life, carries } = trust.get(role)!;
  const { version, expires } = life.complete!;
  return parsed(offlineText({ role, version, expires: formatExpires(expires) }, carries!, opened));
}

/** Canonical text has raw line ends inside strings, which a stock parser refuses. */
function parsed(text: string): JsonObject {
  return JSON.parse(escapeControls(text));
}
