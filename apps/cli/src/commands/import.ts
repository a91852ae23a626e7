// `tuf-ledger import`: brings the ledger to hold what a simple index shows.

import type { Command } from 'commander';
import { eventJson } from '#ledger';
import { inParallel } from '../bounded-parallel.js';
import { type Environment, print, printJson } from '../environment.js';
import type { Gateway } from '../gateway.js';
import { type ImportResult, importExitCode, importJson, importLines } from '../import-result.js';
import { type HeldTarget, type Plan, planImport } from '../plan.js';
import { startProgress } from '../progress.js';
import { awaitPublication, type Publication } from '../publication.js';
import { type Sent, sendEvents } from '../send.js';
import { type AppendOptions, gatewayToAppend, withAppendOptions } from '../server-options.js';
import { readSources } from '../sources.js';
import { uploadOrder } from '../upload-order.js';

/** Projects whose targets are listed at once. */
const MAX_PARALLEL_LISTINGS = 4;

export function registerImport(program: Command, environment: Environment): void {
  withAppendOptions(program.command('import'))
    .description(
      'import files and yanks from simple-index pages (PEP 691 JSON); again to bring it up to date',
    )
    .argument(
      '<sources...>',
      "page files (.json, .json.gz), folders of them, or URLs of an index or of a project's page",
    )
    .action(async (sources: string[], options: AppendOptions) => {
      const result = await importSources(sources, options, environment);
      if (options.json) printJson(environment, importJson(result));
      else print(environment, ...importLines(result));
      environment.exitCode = importExitCode(result);
    });
}

async function importSources(
  sources: readonly string[],
  options: AppendOptions,
  environment: Environment,
): Promise<ImportResult> {
  const started = environment.now();
  const gateway = await gatewayToAppend(options, environment);
  await gateway.probe();
  const pages = await readSources(sources, environment);
  const { files, skipped } = uploadOrder(pages);
  const projects = [...new Set(pages.map(page => page.project))];
  const plan = planImport(files, await heldTargets(gateway, projects));
  const sent = await sendPlan(gateway, plan, environment);
  const publication = options.wait && sent && (await published(gateway, sent, plan, environment));
  return {
    server: gateway.address,
    projects,
    files,
    skipped,
    altered: pages.flatMap(page => page.altered),
    plan,
    requests: sent?.requests ?? 0,
    ...(publication && { publication }),
    milliseconds: environment.now() - started,
  };
}

/** What the ledger holds of the projects, by path. */
async function heldTargets(gateway: Gateway, projects: readonly string[]): Promise<Map<string, HeldTarget>> {
  const held = new Map<string, HeldTarget>();
  await inParallel(projects, MAX_PARALLEL_LISTINGS, async project => {
    for await (const target of gateway.all('targets', { project })) held.set(target.path, target);
  });
  return held;
}

async function sendPlan(gateway: Gateway, plan: Plan, environment: Environment): Promise<Sent | undefined> {
  if (plan.events.length === 0) return undefined;
  const progress = startProgress(environment, 'sending events', plan.events.length);
  try {
    return await sendEvents(gateway, plan.events.map(eventJson), false, progress.update);
  } finally {
    progress.stop();
  }
}

async function published(
  gateway: Gateway,
  sent: Sent,
  plan: Plan,
  environment: Environment,
): Promise<Publication> {
  environment.stderr.write('Sent. Waiting until it is published.\n');
  return awaitPublication(gateway, sent, plan.events.length, environment);
}
