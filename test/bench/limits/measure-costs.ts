import type { Workplace } from '../workplace.js';
import type { Costs } from './costs.js';
import { httpCost } from './http-cost.js';
import { kafkaCosts } from './kafka-costs.js';
import { machineCosts } from './machine-costs.js';
import { postgresCosts } from './postgres-costs.js';

/** Measures all single operations of a ledger whose log is in Postgres, in a folder of the workplace. */
export async function measureCosts(workplace: Workplace): Promise<Costs> {
  const folder = await workplace.folder('costs');
  const machine = await machineCosts(folder);
  return { ...machine, ...(await postgresCosts(folder, workplace)), http: await httpCost() };
}

/** The same where the log is a topic. */
export async function measureClusterCosts(workplace: Workplace): Promise<Costs> {
  const costs = await measureCosts(workplace);
  return { ...costs, ...(await kafkaCosts(await workplace.folder('costs'), workplace)) };
}
