// `tuf-ledger root submit`: brings a proposal and its signatures to the ledger. The first time the proposal itself goes along, in one
// record with the signatures that there are; later signatures are added to the open draft.

import type { Command } from 'commander';
import { eventJson, type RawEvent, type SignedEntry } from '#ledger';
import type { Step } from '#projection';
import type { RoleSignature } from '#tuf';
import {
  type AdministratorOptions,
  administratorsRecord,
  withAdministratorOptions,
} from '../../administration.js';
import { FoldedLog } from '../../ceremony/folded-log.js';
import {
  merged,
  type Proposal,
  readProposal,
  readSignatures,
  validSignatures,
} from '../../ceremony/proposal-file.js';
import { areEnough, proposalLines, shortKeyid, signatureLines } from '../../ceremony/proposal-words.js';
import { requireValid } from '../../ceremony/validity.js';
import { type Environment, print, printJson } from '../../environment.js';
import { CliError } from '../../errors.js';
import { ExitCode } from '../../exit-code.js';
import { readPrivateKeys } from '../../key-files.js';
import { gatewayToAppend } from '../../server-options.js';

interface SubmitOptions extends AdministratorOptions {
  readonly replace?: true;
}

/** What became of an event, as the log says. */
interface Decided {
  readonly what: string;
  readonly result: string;
  readonly code?: string;
  readonly detail?: string;
}

export function registerSubmitProposal(root: Command, environment: Environment): void {
  withAdministratorOptions(root.command('submit'))
    .description('submit a proposal with its signatures; again with further ones')
    .argument('<proposal>', 'the file of `tuf-ledger root propose`, signed or not')
    .argument(
      '[signed...]',
      'copies of it, or TUF metadata files of the same content, with further signatures',
    )
    .option('--replace', 'in the place of another proposal that bears signatures already')
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
  requireSignatures(signatures, proposal, options.administratorKey.length > 0);
  const log = await FoldedLog.read(await gatewayToAppend(options, environment), options, environment);
  requireLedger(proposal, log);
  requireFree(proposal, log, options);
  const decided = await append(proposal, signatures, { log, options }, environment);
  report(proposal, { decided, log }, options, environment);
}

/** A signature that does not verify is told here, with whose it is, rather than as a rejection in the log. */
function requireSignatures(
  signatures: readonly RoleSignature[],
  proposal: Proposal,
  byAdministrators: boolean,
): void {
  if (signatures.length === 0 && !byAdministrators)
    throw new CliError(
      'proposal-refused',
      'The proposal bears no signature.',
      'Have a keyholder sign it: tuf-ledger root sign.',
    );
  const valid = validSignatures(proposal, signatures);
  const bad = signatures.find(signature => !valid.includes(signature));
  if (!bad) return;
  throw new CliError(
    'proposal-refused',
    `The signature by ${shortKeyid(bad.keyid)} is not valid over ${proposal.role} ${proposal.draft.version}, or by none of its keys.`,
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
  { log, options }: { readonly log: FoldedLog; readonly options: SubmitOptions },
  environment: Environment,
): Promise<Decided[]> {
  const { role, draft, events } = proposal;
  const open = log.trust.get(role)!.life.draft;
  const isProposed = open?.version === draft.version && open.sha256 === draft.sha256;
  const fresh = isProposed ? signatures.filter(({ keyid }) => !open.signatures.has(keyid)) : signatures;
  const byAdministrators = !isProposed && options.administratorKey.length > 0;
  if (fresh.length === 0 && !byAdministrators) return [];
  const entries = fresh.map(
    ({ keyid, sig }): SignedEntry => ({ role, version: draft.version, sha256: draft.sha256, keyid, sig }),
  );
  if (!isProposed && !byAdministrators) requireOneInForce(proposal, signatures);
  const signed = entries.length > 0 ? [eventJson({ type: 'signed', signatures: entries })] : [];
  const said: RawEvent[] = isProposed ? signed : [...events, ...signed];
  const { positions } = byAdministrators
    ? await log.gateway.appendEnvelope(await envelopeOf(log, said, options, environment), false)
    : await log.gateway.append(said, false);
  return decidedIn(await log.stepAt(positions[0]!, environment), said, entries);
}

async function envelopeOf(
  log: FoldedLog,
  said: readonly RawEvent[],
  options: SubmitOptions,
  environment: Environment,
): Promise<Uint8Array<ArrayBuffer>> {
  const keys = await readPrivateKeys(options.administratorKey, options, environment);
  return administratorsRecord(log, said, keys);
}

/** Another proposal that keyholders have signed would lose their signatures. */
function requireFree({ role, draft }: Proposal, { trust }: FoldedLog, { replace }: SubmitOptions): void {
  const open = trust.get(role)!.life.draft;
  if (replace || !open || open.sha256 === draft.sha256 || open.signatures.size === 0) return;
  throw new CliError(
    'other-draft',
    `Another proposal of ${role} ${open.version} is open (SHA-256 ${open.sha256}), signed by ${[...open.signatures.keys()].map(shortKeyid).join(', ')}; these signatures would be lost.`,
    'Ask who proposed it; --replace puts this one in its place.',
  );
}

/** The ledger takes a proposal from whoever relays a signature by a key that it knows already. */
function requireOneInForce({ role, requirements }: Proposal, signatures: readonly RoleSignature[]): void {
  const inForce = requirements[0]?.keyids ?? [];
  if (signatures.some(({ keyid }) => inForce.includes(keyid))) return;
  throw new CliError(
    'proposal-refused',
    `None of the signatures is by a key that ${role} has now, so the ledger would not take the proposal.`,
    `Have one of these keyholders sign first: ${inForce.map(shortKeyid).join(', ')}; or, where these keys are lost, let the administrators submit it, with --administrator-key.`,
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
  print(
    environment,
    ...signatureLines(requirements, signed),
    outcome(proposal, { isComplete, signed, decided }),
  );
}

function outcome(proposal: Proposal, { isComplete, signed, decided }: Standing): string {
  const { role, draft, requirements } = proposal;
  const name = `${role} ${draft.version}`;
  if (isComplete) return `${name} is complete; it is published with the next state.`;
  const first = decided.map(({ code }) => /^(targets|bins)-first$/.exec(code ?? '')?.[1]).find(Boolean);
  if (first)
    return `${name} waits for ${first} that bear the keys which it brings. Next: tuf-ledger root propose --for ${first}, have it signed, submit it, then submit this again.`;
  const bearsNew = role !== 'root' && requirements.length > 1 && areEnough(requirements.slice(-1), signed);
  return bearsNew
    ? `${name} bears the new key set. If the keys in force are lost it becomes complete with the role above it, which brings these keys: submit that again. Else have them sign too.`
    : `${name} is not complete: have it signed further, and submit it again.`;
}

interface Standing {
  readonly isComplete: boolean;
  readonly signed: readonly string[];
  readonly decided: readonly Decided[];
}
