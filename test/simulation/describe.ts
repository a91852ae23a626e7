// A failed history for people: what it was played on, what happened, what went wrong, and how to see it again.

import type { HistoryPlan, Part, Played } from './history.js';
import type { Action, ScriptStep } from './script.js';
import { checkOf } from './shrink.js';

/** The failed history that was found, as text. */
export function describeFailure(
  plan: HistoryPlan,
  { part, played }: { part: Required<Part>; played: Played },
): string {
  const { setting, script, fired, failure } = played;
  const steps = [...part.steps].map(number => stepLine(number, script[number]!));
  return [
    `Seed ${plan.seed} breaks: ${checkOf(played)}`,
    `  ${failure!.message}`,
    `on ${JSON.stringify(setting)}`,
    `The shortest history found (${steps.length} steps, ${fired.length} faults):`,
    ...steps,
    '  then nothing goes wrong any more, and all that was promised must come true.',
    ...(fired.length > 0 ? ['Faults, by process, resource and number of the operation:'] : []),
    ...fired.map(({ id, kind }) => `  ${id}: ${kind}`),
    'See it again with every turn:',
    `  ${command(plan, part)}`,
  ].join('\n');
}

/** The command that plays this part of a seed's history. */
function command({ seed, steps, bug }: HistoryPlan, part: Required<Part>): string {
  const named = bug ? ` --bug "${bug.name}"` : '';
  const faults = [...part.faults].join(',');
  return `npm run simulate -- --seed ${seed} --steps ${steps}${named} --only-steps "${[...part.steps].join(',')}" --only-faults "${faults}" --trace`;
}

function stepLine(number: number, { turns, action }: ScriptStep): string {
  return `  #${number} after ${turns} turns: ${actionText(action)}`;
}

function actionText({ kind, ...rest }: Action): string {
  const details = Object.entries(rest).map(([name, value]) =>
    value instanceof Uint8Array ? `${name} of ${value.length} bytes` : `${name} ${JSON.stringify(value)}`,
  );
  return [kind, ...details].join(', ');
}
