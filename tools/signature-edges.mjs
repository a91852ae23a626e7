// Writes test/data/vectors/signature-edges.json: signatures at the edges of the verification rule (libs/tuf/src/crypto.ts),
// forged or broken on purpose, each with the verdict that every implementation must give. Nothing in it is random, so a
// second run gives the same bytes.
//   node tools/signature-edges.mjs            write the file
//   node tools/signature-edges.mjs --stdout   print it instead

import { writeFileSync } from 'node:fs';
import { ecdsaEdges } from './signature-edges/ecdsa.mjs';
import { ed25519Edges } from './signature-edges/ed25519.mjs';
import { rsaEdges } from './signature-edges/rsa.mjs';

const TARGET = new URL('../test/data/vectors/signature-edges.json', import.meta.url);

const vectors = [...ed25519Edges(), ...ecdsaEdges(), ...rsaEdges()].map(
  ({ name, valid, key, message, signature }) => ({
    name,
    valid,
    key,
    message: Buffer.from(message).toString('hex'),
    signature: Buffer.from(signature).toString('hex'),
  }),
);
const json = `${JSON.stringify(vectors, null, 1)}\n`;

if (process.argv.includes('--stdout')) process.stdout.write(json);
else writeFileSync(TARGET, json);
