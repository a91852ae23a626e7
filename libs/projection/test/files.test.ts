import { describe, expect, it } from 'vitest';
import type { FileUploaded, LedgerEvent, PathRule, RawEvent } from '#ledger';
import { binOfName } from '#projection';
import { nativeCrypto } from '#signing';
import { binName, type JsonObject } from '#tuf';
import { codesOf, outcomesOf } from '../../../test/fixtures/outcomes.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';

const COUNT = 4;
const newLedger = (pathRule: PathRule = 'project-file') =>
  new TestLedger({ count: COUNT, crypto: nativeCrypto, pathRule }).open();

const SIX = { project: 'six', filename: 'six-1.0.tar.gz' };
const PATH = 'six/six-1.0.tar.gz';
const FILE = upload(SIX.project, SIX.filename) as FileUploaded;
const OTHER = upload(SIX.project, SIX.filename, 'other content') as FileUploaded;
const yanked = (reason?: string): LedgerEvent => ({
  type: 'file.yanked',
  ...SIX,
  ...(reason ? { reason } : {}),
});
const UNYANKED: LedgerEvent = { type: 'file.unyanked', ...SIX };
const REMOVED: LedgerEvent = { type: 'file.removed', ...SIX };
const RELEASED: LedgerEvent = { type: 'path.released', path: PATH };

const admin = (ledger: TestLedger, ...events: LedgerEvent[]) =>
  codesOf(ledger.append(ledger.record(ledger.administrators, events))!);
const say = (ledger: TestLedger, ...events: (LedgerEvent | RawEvent)[]) => codesOf(ledger.say(...events));

/** The targets of the newest complete state, by path. */
function targetsOf(ledger: TestLedger): Record<string, JsonObject> {
  ledger.publish();
  const newest = new Map<number, Record<string, JsonObject>>();
  for (const [name, bytes] of ledger.published.files) {
    const bin = /^\d+\.bins-(.)\.json$/.exec(name)?.[1];
    if (bin) newest.set(Number(bin), JSON.parse(new TextDecoder().decode(bytes)).signed.targets);
  }
  return Object.assign({}, ...newest.values());
}

describe('what a file event says', () => {
  it('twice changes nothing the second time', () => {
    const ledger = newLedger();
    const twice = (event: LedgerEvent) => say(ledger, event, event);
    const once = ['applied', 'unchanged'];
    expect(twice(FILE)).toEqual(once);
    expect(twice(yanked('broken'))).toEqual(once);
    expect(twice(yanked())).toEqual(once);
    expect(twice(UNYANKED)).toEqual(once);
    expect(twice(REMOVED)).toEqual(once);
    expect(admin(ledger, RELEASED, RELEASED)).toEqual(once);
  });

  it('is recorded for the bin of its path', () => {
    const bin = binName(binOfName(PATH, COUNT, nativeCrypto), COUNT);
    expect(outcomesOf(newLedger().say(FILE))).toEqual([
      { position: 2, event: 0, verdict: { result: 'applied' }, role: bin },
    ]);
  });

  it.each<[string, LedgerEvent[], JsonObject | undefined]>([
    ['an upload', [FILE], {}],
    ['a yank without a reason', [FILE, yanked()], { custom: { yanked: true } }],
    ['a yank with one', [FILE, yanked('böse')], { custom: { yanked: 'böse' } }],
    ['another reason', [FILE, yanked('a'), yanked('b')], { custom: { yanked: 'b' } }],
    ['an end of the yank', [FILE, yanked('a'), UNYANKED], {}],
    ['a yank through an upload again', [FILE, yanked('a'), FILE], { custom: { yanked: 'a' } }],
    ['a removal', [FILE, REMOVED], undefined],
    ['a return, without the yank before it', [FILE, yanked('a'), REMOVED, FILE], {}],
    ['other content', [FILE, OTHER], {}],
    ['other content after a removal', [FILE, REMOVED, OTHER], undefined],
  ])('shows in the metadata: %s', (_what, events, target) => {
    const ledger = newLedger();
    say(ledger, ...events);
    const { length, hashes } = FILE;
    expect(targetsOf(ledger)).toEqual(target ? { [PATH]: { length, hashes, ...target } } : {});
  });
});

describe('the content of a path', () => {
  it('is taken while it is a target, and spent when it was removed', () => {
    const ledger = newLedger();
    expect(say(ledger, FILE, OTHER, REMOVED, OTHER, FILE, OTHER)).toEqual([
      'applied',
      'path-taken',
      'applied',
      'path-spent',
      'applied',
      'path-taken',
    ]);
  });

  it('is its length and its hashes', () => {
    const ledger = newLedger();
    expect(
      say(ledger, FILE, { ...FILE, length: FILE.length + 1 }, { ...FILE, hashes: OTHER.hashes }),
    ).toEqual(['applied', 'path-taken', 'path-taken']);
  });

  it('is not what is said beside it', () => {
    const described: FileUploaded = {
      ...FILE,
      release: '1.0',
      requiresPython: '>=3',
      coreMetadata: true,
      path: PATH,
    };
    expect(say(newLedger(), FILE, described)).toEqual(['applied', 'unchanged']);
  });

  const with512 = (digit: string): LedgerEvent => ({
    ...FILE,
    hashes: { ...FILE.hashes, sha512: digit.repeat(128) },
  });

  it('is the same with or without a second hash, but not with another one', () => {
    expect(say(newLedger(), with512('a'), FILE, with512('b'))).toEqual([
      'applied',
      'unchanged',
      'path-taken',
    ]);
    expect(say(newLedger(), FILE, with512('a'))).toEqual(['applied', 'unchanged']);
  });

  it('keeps a second hash through removals', () => {
    const ledger = newLedger();
    expect(say(ledger, with512('a'), REMOVED, FILE, REMOVED, with512('b'), with512('a'))).toEqual([
      'applied',
      'applied',
      'applied',
      'applied',
      'path-spent',
      'applied',
    ]);
    expect(targetsOf(ledger)[PATH]?.hashes).toEqual((with512('a') as FileUploaded).hashes);
  });

  it('may be another after administrators released the path', () => {
    const ledger = newLedger();
    expect(say(ledger, FILE, RELEASED, REMOVED)).toEqual(['applied', 'not-permitted', 'applied']);
    expect(admin(ledger, RELEASED)).toEqual(['applied']);
    expect(say(ledger, OTHER)).toEqual(['applied']);
    expect(targetsOf(ledger)[PATH]).toEqual({ length: OTHER.length, hashes: OTHER.hashes });
  });

  it('is not released while it is a target, and needs no release where nothing is', () => {
    const ledger = newLedger();
    say(ledger, FILE);
    expect(admin(ledger, RELEASED, { type: 'path.released', path: 'no/thing' })).toEqual([
      'path-taken',
      'unchanged',
    ]);
  });

  it('that is not there is not marked', () => {
    const ledger = newLedger();
    expect(say(ledger, yanked(), UNYANKED, REMOVED)).toEqual([
      'target-unknown',
      'target-unknown',
      'target-unknown',
    ]);
    say(ledger, FILE, REMOVED);
    expect(say(ledger, yanked(), UNYANKED, REMOVED)).toEqual([
      'target-unknown',
      'target-unknown',
      'unchanged',
    ]);
  });
});

describe('a removed project', () => {
  const files = ['a', 'b', 'c', 'd', 'e', 'f'].map(name => upload('six', `six-${name}`));
  const PROJECT: LedgerEvent = { type: 'project.removed', project: 'six' };

  it('loses all its files, in every bin, and no other project does', () => {
    const ledger = newLedger();
    say(ledger, ...files, upload('six-more', 'x'), upload('si', 'x'));
    const removal = ledger.say(PROJECT);
    expect(codesOf(removal)).toEqual(['applied']);
    expect(outcomesOf(removal)[0]?.role).toBe(binName(binOfName('six', COUNT, nativeCrypto), COUNT));
    expect(removal.targets.changes.map(({ path }) => path).sort()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(name => `six/six-${name}`),
    );
    expect(new Set(removal.targets.changes.map(({ bin }) => bin)).size).toBeGreaterThan(1);
    expect(Object.keys(targetsOf(ledger)).sort()).toEqual(['si/x', 'six-more/x']);
  });

  it('may come back with the same content only', () => {
    const ledger = newLedger();
    say(ledger, ...files, PROJECT);
    expect(say(ledger, files[0]!, upload('six', 'six-b', 'other'), upload('six', 'six-new'))).toEqual([
      'applied',
      'path-spent',
      'applied',
    ]);
  });

  it('need not have been there', () => {
    const ledger = newLedger();
    const removal = ledger.say(PROJECT, PROJECT);
    expect(codesOf(removal)).toEqual(['applied', 'applied']);
    expect(removal.targets.changes).toEqual([]);
  });
});

describe('the path rule project-file', () => {
  it('takes a project and a filename, with a path that says the same or none', () => {
    expect(say(newLedger(), { ...FILE, path: PATH })).toEqual(['applied']);
  });

  it.each<[string, LedgerEvent, string]>([
    ['no filename', { ...FILE, filename: undefined } as unknown as LedgerEvent, 'field-missing'],
    ['no project', { ...FILE, project: undefined } as unknown as LedgerEvent, 'field-missing'],
    ['another path', { ...FILE, path: 'six/other' }, 'path-mismatch'],
    ['a path of 513 bytes', upload('six', 'x'.repeat(509)), 'path-too-long'],
    ['"." as a filename', upload('six', '.'), 'path-dots'],
  ])('refuses %s', (_what, event, code) => {
    const ledger = newLedger();
    const raw = JSON.parse(JSON.stringify(event)) as RawEvent;
    expect(say(ledger, raw, { ...raw, type: 'file.removed' })[0]).toBe(code);
  });

  it('takes a path of 512 bytes', () => {
    expect(say(newLedger(), upload('six', 'x'.repeat(508)))).toEqual(['applied']);
  });
});

describe('the path rule free', () => {
  const { length, hashes } = FILE;
  const free = (path: string): LedgerEvent => ({ type: 'file.uploaded', path, length, hashes });

  it('takes any path, of one segment to eight', () => {
    const ledger = newLedger('free');
    const paths = ['a', 'B/c', 'a/b/c/d/e/f/g/h', '日本/語.whl'];
    expect(say(ledger, ...paths.map(free))).toEqual(paths.map(() => 'applied'));
    expect(Object.keys(targetsOf(ledger)).sort()).toEqual([...paths].sort());
  });

  it.each<[string, RawEvent, string]>([
    ['no path', FILE as unknown as RawEvent, 'field-missing'],
    ['a path and a project', { ...free('a'), project: 'a' } as RawEvent, 'path-mismatch'],
    ['a path and a filename', { ...free('a'), filename: 'a' } as RawEvent, 'path-mismatch'],
    ['projects', { type: 'project.removed', project: 'six' }, 'path-mismatch'],
    ['nine segments', free('a/b/c/d/e/f/g/h/i') as unknown as RawEvent, 'path-too-deep'],
  ])('refuses %s', (_what, event, code) => {
    expect(say(newLedger('free'), event)).toEqual([code]);
  });

  it('gives permissions by the first segment of a path', () => {
    const ledger = newLedger('free');
    const { key } = ledger.keys.gateway;
    admin(ledger, { type: 'publisher.enrolled', key, permissions: { index: ['simple*'] } });
    expect(say(ledger, free('simple/a'), free('simple-2/a'), free('a/simple'))).toEqual([
      'applied',
      'applied',
      'not-permitted',
    ]);
  });
});

describe('permissions on projects', () => {
  it.each([
    ['*', 'six', true],
    ['six', 'six', true],
    ['six', 'six-more', false],
    ['six*', 'six-more', true],
    ['*six', 'six-more', false],
    ['*o*e', 'six-more', true],
    ['*-*-*', 'six-more', false],
    ['s**', 'six', true],
    ['*a*b*', 'xaxbx', true],
    ['a*a', 'a', false],
    [`${'*a'.repeat(60)}b`, 'a'.repeat(120), false],
  ])('%s of %s: %s', (pattern, project, permitted) => {
    const ledger = newLedger();
    const { key } = ledger.keys.gateway;
    admin(ledger, { type: 'publisher.enrolled', key, permissions: { index: ['no-such', pattern] } });
    const code = permitted ? 'applied' : 'not-permitted';
    expect(say(ledger, upload(project, 'f'), { type: 'project.removed', project })).toEqual([code, code]);
  });

  it('are for publishers: administrators index nothing', () => {
    const ledger = newLedger();
    expect(admin(ledger, FILE, REMOVED, { type: 'project.removed', project: 'six' })).toEqual(
      Array(3).fill('not-permitted'),
    );
  });
});
