// Cryptography, parsing and flushing on this machine, in milliseconds of one.

import { generateKeyPairSync, hash, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { medianOf } from '../statistics.js';

/** Rounds of each small measurement; the median counts. */
const ROUNDS = 50;
/** A record of one event or a few signatures, and a full one, in bytes. */
export const SMALL_BYTES = 1_200;
export const FULL_BYTES = 65_000;
/** Events of a full record. */
const FULL_EVENTS = 150;
const HASHES = 20_000;

export async function machineCosts(folder: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [small, full] = [randomBytes(SMALL_BYTES), randomBytes(FULL_BYTES)];
  return {
    flush: await flushCost(join(folder, 'flushed'), small),
    ...(await signatureCosts(small, privateKey, publicKey)),
    ...fullNames(await signatureCosts(full, privateKey, publicKey)),
    fullRead: await readCost(),
    hash: hashCost(),
  };
}

function flushCost(path: string, bytes: Uint8Array): Promise<number> {
  return medianOf(ROUNDS, () => {
    const file = openSync(path, 'w');
    writeSync(file, bytes);
    fdatasyncSync(file);
    closeSync(file);
  });
}

async function signatureCosts(bytes: Uint8Array, privateKey: KeyObject, publicKey: KeyObject) {
  const signature = sign(null, bytes, privateKey);
  return {
    sign: await medianOf(ROUNDS, () => sign(null, bytes, privateKey)),
    verify: await medianOf(ROUNDS, () => verify(null, bytes, publicKey, signature)),
  };
}

function fullNames(costs: { sign: number; verify: number }) {
  return { fullSign: costs.sign, fullVerify: costs.verify };
}

function readCost(): Promise<number> {
  const event = {
    filename: 'x'.repeat(120),
    hashes: { sha256: '0'.repeat(64) },
    length: 1,
    project: 'x'.repeat(20),
  };
  const payload = JSON.stringify({ events: Array.from({ length: FULL_EVENTS }, () => event) });
  const value = JSON.stringify({ payload: Buffer.from(payload).toString('base64') });
  return medianOf(ROUNDS, () => {
    hash('sha256', value);
    return JSON.parse(Buffer.from(JSON.parse(value).payload, 'base64').toString());
  });
}

/** Of many in a row: one alone is shorter than what a clock tells. */
function hashCost(): number {
  const paths = Array.from(
    { length: HASHES },
    (_, i) => `made-${i}/made_${i}-1.0.0-cp312-cp312-manylinux2014_x86_64.whl`,
  );
  const began = performance.now();
  for (const path of paths) hash('sha256', path);
  return (performance.now() - began) / HASHES;
}
