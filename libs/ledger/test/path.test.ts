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

  it('is refused for the first of these faults that it has, plain or not', () => {
    // What the rule says, one after the other, in other words than the code's.
    const faults: [string, (path: string) => boolean][] = [
      ['path-empty', path => path === ''],
      ['path-too-long', path => Buffer.byteLength(path) > 512],
      ['path-absolute', path => path[0] === '/'],
      ['path-dots', path => path.split('/').some(segment => ['', '.', '..'].includes(segment))],
      ['path-too-deep', path => path.split('/').length > 8],
      ['path-character', path => [...path].some(character => ' ?#%\\\u00a0\n'.includes(character))],
      ['text-unstable', path => path.normalize('NFC') !== path],
    ];
    const unit = fc.constantFrom(
      ...'aZ0._+-!/~@ ?#%\\',
      '//',
      '/.',
      '..',
      '\u00e9',
      'e\u0301',
      '\u00a0',
      '\n',
    );
    const long = fc.tuple(fc.constantFrom('x', 'x/', '\u00e9'), fc.integer({ min: 500, max: 520 }));
    const path = fc.oneof(
      fc.string({ unit, maxLength: 20 }),
      long.map(([part, times]) => part.repeat(times)),
    );
    fc.assert(
      fc.property(path, text => {
        expect(pathFault(text)?.code).toBe(faults.find(([, isFault]) => isFault(text))?.[0]);
      }),
      { numRuns: 5000 },
    );
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
