import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPathsPatterns, isProjectName, MAX_PATH_BYTES, pathFault } from '#ledger';

/** PEP 503, "Normalized Names". */
const normalise = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase();
/** PEP 508, "Names". */
const VALID = /^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$/i;

describe("a project's name", () => {
  it('is one that PEP 503 leaves as it is', () => {
    const name = fc.string({ unit: fc.constantFrom(...'aZ09-_./é\n'), maxLength: 8 });
    fc.assert(
      fc.property(name, text => isProjectName(text) === (VALID.test(text) && normalise(text) === text)),
      { numRuns: 2000 },
    );
  });

  it.each(['numpy', 'a', '0', 'ruamel-yaml-clib', 'x1-2'])('%s is one', name => {
    expect(isProjectName(name)).toBe(true);
  });
});

describe('a path', () => {
  it('has at most 512 bytes and 8 segments', () => {
    expect(pathFault('x'.repeat(MAX_PATH_BYTES))).toBeUndefined();
    expect(pathFault('é'.repeat(256))).toBeUndefined();
    expect(pathFault('a/b/c/d/e/f/g/h')).toBeUndefined();
  });

  it('that is good is fetched by the URL that it spells', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), path => {
        if (pathFault(path)) return;
        const url = new URL(`http://mirror/targets/${encodeURI(path)}`);
        expect(decodeURI(url.pathname)).toBe(`/targets/${path}`);
        expect(url.search + url.hash).toBe('');
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['project-file', ['*/*']],
    [
      'free',
      ['*', '*/*', '*/*/*', '*/*/*/*', '*/*/*/*/*', '*/*/*/*/*/*', '*/*/*/*/*/*/*', '*/*/*/*/*/*/*/*'],
    ],
  ] as const)('of the rule %s matches a pattern of its number of segments', (rule, patterns) => {
    expect(allPathsPatterns(rule)).toEqual(patterns);
  });
});
