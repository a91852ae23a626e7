import { readFileSync } from 'node:fs';

/** A file of test/data/vectors, parsed. */
export function readVectors<Shape>(name: string): Shape {
  return JSON.parse(
    readFileSync(new URL(`../../../test/data/vectors/${name}`, import.meta.url), 'utf8'),
  ) as Shape;
}
