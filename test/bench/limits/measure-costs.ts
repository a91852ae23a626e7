import type { Workplace } from '../workplace.js';
import type { Costs } from './costs.js';
import { httpCost } from './http-cost.js';
import { machineCosts } from './machine-costs.js';
import { postgresCosts } from './postgres-costs.js';

/** Measures all single operations, in a folder of the workplace. */
export async function measureCosts(workplace: Workplace): Promise<Costs> {
  const folder = await workplace.folder('costs');
  const machine = await machineCosts(folder);
  return { ...machine, ...(await postgresCosts(folder, workplace)), http: await httpCost() };
}
