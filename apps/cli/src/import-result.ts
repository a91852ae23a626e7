// What an import did, for people, for scripts, and as an exit code. Pure.

import { ExitCode } from './exit-code.js';
import type { FileRemark, IndexFile } from './page.js';
import type { Plan } from './plan.js';
import type { Publication } from './publication.js';
import { count, number } from './wording.js';

export interface ImportResult {
  /** The server's address. */
  readonly server: string;
  /** In the normal form of PEP 503. */
  readonly projects: readonly string[];
  readonly files: readonly IndexFile[];
  readonly skipped: readonly FileRemark[];
  readonly altered: readonly FileRemark[];
  readonly plan: Plan;
  readonly requests: number;
  /** Absent where nothing was sent, or nobody waited. */
  readonly publication?: Publication;
  readonly milliseconds: number;
}

/** Files in conflict and rejections that the text names one by one; --json has all. */
const MAX_NAMED = 5;

export function importExitCode({ plan, publication }: ImportResult): ExitCode {
  const refused = plan.conflicts.length > 0 || (publication?.rejected.length ?? 0) > 0;
  return refused ? ExitCode.refused : ExitCode.ok;
}

/** The result as the JSON object that --json prints. */
export function importJson(result: ImportResult): object {
  const { plan, publication } = result;
  return {
    server: result.server,
    projects: result.projects.length,
    files: result.files.length,
    yanked: yankedOf(result),
    sent: { events: plan.events.length, requests: result.requests, ...eventCounts(plan) },
    alreadyThere: plan.alreadyThere,
    publishedInState: publication?.state ?? null,
    rejected: publication?.rejected ?? [],
    conflicts: plan.conflicts,
    skipped: result.skipped,
    altered: result.altered,
    seconds: result.milliseconds / 1000,
  };
}

/** The result in plain lines. */
export function importLines(result: ImportResult): string[] {
  const { projects, files, plan } = result;
  const { uploads, yanks, unyanks } = eventCounts(plan);
  const kinds = [
    count(uploads, 'upload'),
    count(yanks, 'yank'),
    ...(unyanks > 0 ? [count(unyanks, 'unyank')] : []),
  ];
  const seconds = (result.milliseconds / 1000).toFixed(1);
  return [
    `Read ${count(projects.length, 'project')}: ${count(files.length, 'file')}, ${number(yankedOf(result))} of them yanked.`,
    plan.events.length === 0
      ? `Nothing to send: ${count(plan.alreadyThere, 'file')} already there.`
      : `Sent ${count(plan.events.length, 'event')} in ${count(result.requests, 'request')}: ${kinds.join(', ')}; ` +
        `${count(plan.alreadyThere, 'file')} already there.`,
    ...publicationLines(result),
    ...problemLines(result),
    `Took ${seconds} s. ${nextStep(result)}`,
  ];
}

function yankedOf({ files }: ImportResult): number {
  return files.filter(file => file.yank).length;
}

function eventCounts({ events }: Plan): { uploads: number; yanks: number; unyanks: number } {
  const ofType = (type: string): number => events.filter(event => event.type === type).length;
  return { uploads: ofType('file.uploaded'), yanks: ofType('file.yanked'), unyanks: ofType('file.unyanked') };
}

function publicationLines({ plan, publication }: ImportResult): string[] {
  if (plan.events.length === 0) return [];
  if (!publication)
    return [
      'The ledger holds them. Not waited for: whether they are published, and whether any is rejected.',
    ];
  const rejected = publication.rejected.map(
    ({ position, event, code, detail }) => `position ${position}, event ${event}: ${code}: ${detail}`,
  );
  const where =
    publication.state === undefined
      ? 'Nothing is left to publish.'
      : `Published in state ${number(publication.state)}.`;
  return [where, ...named(`${count(rejected.length, 'event')} rejected`, rejected)];
}

function problemLines({ plan, skipped, altered }: ImportResult): string[] {
  const conflicts = plan.conflicts.map(({ path, code, detail }) => `${path}: ${code}: ${detail}`);
  const lines = named(
    `${count(conflicts.length, 'file')} in conflict with the ledger, nothing sent for them`,
    conflicts,
  );
  if (skipped.length > 0)
    lines.push(
      `${count(skipped.length, 'file')} can't be targets: ${reasonCounts(skipped)} (--json lists them).`,
    );
  if (altered.length > 0)
    lines.push(`Adapted to the ledger's rules: ${reasonCounts(altered)} (--json lists them).`);
  return lines;
}

/** A heading and the first few of its items; nothing where there are none. */
function named(heading: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more =
    items.length > MAX_NAMED ? [`  and ${number(items.length - MAX_NAMED)} more (--json lists them)`] : [];
  return [`${heading}:`, ...items.slice(0, MAX_NAMED).map(item => `  ${item}`), ...more];
}

/** `sha256-missing 3, size-missing 1`. */
function reasonCounts(remarks: readonly FileRemark[]): string {
  const counts = new Map<string, number>();
  for (const { code } of remarks) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, files]) => `${code} ${number(files)}`).join(', ');
}

function nextStep({ server, plan, publication, files }: ImportResult): string {
  if (plan.conflicts.some(conflict => conflict.code === 'removed')) {
    return 'To bring a removed file back, submit its file.uploaded event.';
  }
  if (plan.events.length > 0 && !publication) return 'Next: tuf-ledger status';
  const example = files.at(-1)?.path;
  return example ? `Next: ${server}/v1/targets/${example}` : 'Next: tuf-ledger status';
}
