// `tuf-ledger root submit`: brings a proposal and its signatures to the ledger. The first time the proposal itself goes along, in one
// record with the signatures that there are; later signatures are added to the open draft.

import type { Command } from 'commander';
import { eventJson, type RawEvent, type SignedEntry } from '#ledger';
import type { Step } from '#projection';
import type { RoleSignature } from '#tuf';
import { FoldedLog } from '../../ceremony/folded-log.js';
import {
  isValidSignature,
  knownKeys,
  merged,
  type Proposal,
  readProposal,
  readSignatures,
} from '../../ceremony/proposal-file.js';
import { areEnough, proposalLines, shortKeyid, signatureLines } from '../../ceremony/proposal-words.js';
import { requireValid } from '../../ceremony/validity.js';
import { type Environment, print, printJson } from '../../environment.js';
import { CliError } from '../../errors.js';
import { ExitCode } from '../../exit-code.js';
import { gatewayToAppend, type TokenOptions, withTokenOptions } from '../../server-options.js';

interface SubmitOptions extends TokenOptions {
  readonly data?: string;
}

/** What became of an event, as the log says. */
interface Decided {
  readonly what: string;
  readonly result: string;
  readonly code?: string;
  readonly detail?: string;
}

export function registerSubmitProposal(root: Command, environment: Environment): void {
  withTokenOptions(root.command('submit'))
    .description('submit a proposal with its signatures; again with further ones')
    .argument('<proposal>', 'the file of `tuf-ledger root propose`, signed or not')
    .argument(
      '[signed...]',
      'copies of it, or TUF metadata files of the same content, with further signatures',
    )
    .option('--data <folder>', 'the data folder that names the ledger (default: TUF_LEDGER_DATA, or ./data)')
    .action((file: string, others: string[], options: SubmitOptions) =>
      submit(file, others, options, environment),
    );
}

async function submit(
  file: string,
  others: readonly string[],
  options: SubmitOptions,
  environment: Environment,
): Promise<void> {
  const proposal = await readProposal(file);
  requireValid(proposal, environment.now());
  const signatures = merged(
    proposal.signatures,
    ...(await Promise.all(others.map(other => readSignatures(other, proposal)))),
  );
  requireSignatures(signatures, proposal);
  const log = await FoldedLog.read(await gatewayToAppend(options, environment), options, environment);
  requireLedger(proposal, log);
  const decided = await append(proposal, signatures, log, environment);
  report(proposal, { decided, log }, options, environment);
}

/** A signature that does not verify is told here, with whose it is, rather than as a rejection in the log. */
function requireSignatures(signatures: readonly RoleSignature[], proposal: Proposal): void {
  if (signatures.length === 0)
    throw new CliError(
      'proposal-refused',
      'The proposal bears no signature.',
      'Have a keyholder sign it: tuf-ledger root sign.',
    );
  const keys = knownKeys(proposal);
  const bad = signatures.find(({ keyid, sig }) => {
    const key = keys.get(keyid);
    return key && !isValidSignature(key, sig, proposal);
  });
  if (!bad) return;
  throw new CliError(
    'proposal-refused',
    `The signature by ${shortKeyid(bad.keyid)} is not valid over ${proposal.role} ${proposal.draft.version}.`,
    'Have it signed again; nothing was submitted.',
  );
}

function requireLedger({ ledger, role, draft }: Proposal, log: FoldedLog): void {
  if (ledger !== log.ledger)
    throw new CliError(
      'other-draft',
      `The proposal is for the ledger ${ledger}, not for ${log.ledger}.`,
      'Check --server and --data.',
    );
  const { complete } = log.trust.get(role)!.life;
  if (!complete || draft.version > complete.version || complete.sha256 === draft.sha256) return;
  throw new CliError(
    'other-draft',
    `${role} ${complete.version} is complete already, and this is another proposal of version ${draft.version}.`,
    'Propose the next version: tuf-ledger root propose.',
  );
}

async function append(
  proposal: Proposal,
  signatures: readonly RoleSignature[],
  log: FoldedLog,
  environment: Environment,
): Promise<Decided[]> {
  const { role, draft, events } = proposal;
  const open = log.trust.get(role)!.life.draft;
  const isProposed = open?.version === draft.version && open.sha256 === draft.sha256;
  const fresh = isProposed ? signatures.filter(({ keyid }) => !open.signatures.has(keyid)) : signatures;
  if (fresh.length === 0) return [];
  const entries = fresh.map(
    ({ keyid, sig }): SignedEntry => ({ role, version: draft.version, sha256: draft.sha256, keyid, sig }),
  );
  if (!isProposed) requireOneInForce(proposal, signatures);
  const signed = eventJson({ type: 'signed', signatures: entries });
  const said: RawEvent[] = isProposed ? [signed] : [...events, signed];
  const { positions } = await log.gateway.append(said, false);
  return decidedIn(await log.stepAt(positions[0]!, environment), said, entries);
}

/** The ledger takes a proposal from whoever relays a signature by a key that it knows already. */
function requireOneInForce({ role, requirements }: Proposal, signatures: readonly RoleSignature[]): void {
  const inForce = requirements[0]?.keyids ?? [];
  if (signatures.some(({ keyid }) => inForce.includes(keyid))) return;
  throw new CliError(
    'proposal-refused',
    `None of the signatures is by a key that ${role} has now, so the ledger would not take the proposal.`,
    `Have one of these keyholders sign first: ${inForce.map(shortKeyid).join(', ')}.`,
  );
}

function decidedIn(
  { offline, events }: Step,
  said: readonly RawEvent[],
  entries: readonly SignedEntry[],
): Decided[] {
  const refused = events.flatMap((placed, event) =>
    placed.owner === 'root' && placed.refused
      ? [{ what: said[event]!.type, result: 'rejected', ...placed.refused }]
      : [],
  );
  const decided = offline.outcomes.map(({ event, entry, verdict }): Decided => {
    const what =
      entry === undefined ? said[event]!.type : `signature by ${shortKeyid(entries[entry]!.keyid)}`;
    return verdict.result === 'rejected'
      ? { what, result: 'rejected', ...verdict.rejection }
      : { what, result: verdict.result };
  });
  return [...refused, ...decided];
}

function report(
  proposal: Proposal,
  { decided, log }: { readonly decided: readonly Decided[]; readonly log: FoldedLog },
  { json }: SubmitOptions,
  environment: Environment,
): void {
  const { role, draft, requirements } = proposal;
  const { life, signers } = log.trust.get(role)!;
  const isComplete = life.complete?.sha256 === draft.sha256;
  const signed = isComplete
    ? signers
    : [...(life.draft?.sha256 === draft.sha256 ? life.draft.signatures.keys() : [])];
  const isRejected = decided.some(({ result }) => result === 'rejected');
  environment.exitCode = isRejected ? ExitCode.refused : isComplete ? ExitCode.ok : ExitCode.pending;
  if (json) {
    printJson(environment, {
      role,
      version: draft.version,
      complete: isComplete,
      signers: signed,
      decided,
    });
    return;
  }
  print(environment, ...proposalLines(proposal, environment.now()));
  for (const { what, result, code, detail } of decided)
    print(environment, `${what}: ${code === undefined ? result : `rejected: ${code}: ${detail}`}`);
  print(environment, ...signatureLines(requirements, signed), outcome(proposal, isComplete, signed));
}

function outcome(
  { role, draft, requirements }: Proposal,
  isComplete: boolean,
  signed: readonly string[],
): string {
  if (isComplete) return `${role} ${draft.version} is complete; it is published with the next state.`;
  return areEnough(requirements, signed)
    ? `${role} ${draft.version} has its signatures and waits for a role whose keys it changes.`
    : `${role} ${draft.version} is not complete: have it signed further, and submit it again.`;
}
