// What one state needs beside its files.

import type { Part } from '../report/figure.js';
import { type Costs, recordParts } from './costs.js';

/** Signatures that fit one record. */
const SIGNATURES_PER_RECORD = 140;
/** Appends that follow from one another: what happened, with the cut; the signatures over bins and snapshot, with that over the timestamp. */
const APPENDS = 2;
/** The cut and the timestamp's signature are records of their own in these appends. */
const GATHERED = 2;
/** The signer remembers what it signs, durably, before its signatures leave. */
const FLUSHES = 1;

/** Of one state that publishes so many small records, and whose bins' signatures fit one record. */
export function smallStateParts(costs: Costs, eventRecords: number): Part[] {
  const gathered = GATHERED + eventRecords - 1;
  return [...recordParts(costs, { small: APPENDS, gathered }), flushes(costs)];
}

/** The same where events and signatures fill whole records. */
export function largeStateParts(costs: Costs, eventRecords: number, bins: number): Part[] {
  const full = eventRecords + Math.ceil(bins / SIGNATURES_PER_RECORD);
  return [...recordParts(costs, { small: APPENDS, full }), flushes(costs)];
}

function flushes(costs: Costs): Part {
  return { what: 'flush', count: FLUSHES, ms: costs.flush };
}
