import { beforeAll, describe, expect, it } from 'vitest';
import { decodeEvent, eventJson } from '#ledger';
import type { Json, JsonObject } from '#tuf';
import { type ProjectPage, readPage } from '../src/page.js';
import { readRealPages } from './real-pages.js';

const SHA256 = 'ab'.repeat(32);
const REQUIRED_FIELDS = ['type', 'project', 'release', 'filename', 'length', 'hashes'];

function page(...files: Json[]): JsonObject {
  return { meta: { 'api-version': '1.1' }, name: 'Zope.Interface', files };
}

function readFile(fields: JsonObject): ProjectPage {
  return readPage(
    page({ filename: 'zope.interface-5.0.tar.gz', size: 7, hashes: { sha256: SHA256 }, ...fields }),
    'p.json',
  );
}

describe('the pages of twelve real projects', () => {
  let pages: ProjectPage[];
  beforeAll(async () => {
    pages = await readRealPages();
  });

  it('have all their files and yanks', () => {
    const counts = pages.map(({ project, files }) => [
      project,
      files.length,
      files.filter(file => file.yank).length,
    ]);
    expect(counts).toEqual([
      ['attrs', 72, 2],
      ['click', 130, 2],
      ['cryptography', 3742, 85],
      ['django', 815, 4],
      ['flask', 110, 0],
      ['jinja2', 97, 0],
      ['numpy', 4415, 72],
      ['requests', 244, 4],
      ['securesystemslib', 97, 2],
      ['six', 48, 0],
      ['tuf', 79, 0],
      ['urllib3', 192, 8],
    ]);
    expect(pages.flatMap(({ skipped, altered }) => [...skipped, ...altered])).toEqual([]);
  });

  it('become events that the ledger takes', () => {
    const events = pages.flatMap(({ files }) =>
      files.flatMap(({ upload, yank }) => (yank ? [upload, yank] : [upload])),
    );
    expect(events).toHaveLength(10_041 + 179);
    expect(
      events.map(event => decodeEvent(eventJson(event))).filter(decoded => 'rejection' in decoded),
    ).toEqual([]);
  });

  it('keep reasons, requires-python and releases', () => {
    const files = pages.flatMap(({ files }) => files);
    expect(files.filter(({ yank }) => yank && yank.reason === undefined)).toHaveLength(37);
    expect(files.filter(({ yank }) => yank?.reason === 'Regression in OpenSSL.')).toHaveLength(48);
    expect(files.filter(({ upload }) => upload.requiresPython === undefined)).toHaveLength(2216);
    const unnamed = files.filter(({ upload }) => upload.release === undefined);
    expect(unnamed.every(({ path }) => /\.(exe|egg)$/.test(path))).toBe(true);
    expect(unnamed).toHaveLength(49);
  });
});

describe('a file of a page', () => {
  it('becomes an upload', () => {
    const { project, files, altered } = readFile({
      'upload-time': '2020-01-02T03:04:05.678901Z',
      'requires-python': '>=3.6',
      'core-metadata': { sha256: SHA256, blake2b: 'cd' },
      hashes: { sha256: SHA256.toUpperCase(), md5: '00' },
    });
    expect({ project, altered }).toEqual({ project: 'zope-interface', altered: [] });
    expect(files).toEqual([
      {
        path: 'zope-interface/zope.interface-5.0.tar.gz',
        upload: {
          type: 'file.uploaded',
          project: 'zope-interface',
          release: '5.0',
          filename: 'zope.interface-5.0.tar.gz',
          length: 7,
          hashes: { sha256: SHA256 },
          uploadTime: '2020-01-02T03:04:05.678901Z',
          requiresPython: '>=3.6',
          coreMetadata: { sha256: SHA256 },
        },
      },
    ]);
  });

  it.each([
    [true, undefined],
    ['broken', 'broken'],
    ['line\r\nbreak', 'line  break'],
  ])('is yanked by %j', (yanked, reason) => {
    const yank = { type: 'file.yanked', project: 'zope-interface', filename: 'zope.interface-5.0.tar.gz' };
    expect(readFile({ yanked }).files[0]!.yank).toEqual(reason === undefined ? yank : { ...yank, reason });
  });

  it.each([[false], [''], [null]])('is not yanked by %j', yanked => {
    expect(readFile({ yanked }).files[0]!.yank).toBeUndefined();
  });

  it.each([
    [{ filename: null }, 'filename-missing', 'files[0]'],
    [{ hashes: { md5: '00' } }, 'sha256-missing', 'zope.interface-5.0.tar.gz'],
    [{ hashes: { sha256: 'abc' } }, 'hash-malformed', 'zope.interface-5.0.tar.gz'],
    [{ size: null }, 'size-missing', 'zope.interface-5.0.tar.gz'],
    [{ size: 1.5 }, 'size-missing', 'zope.interface-5.0.tar.gz'],
    [{ size: -1 }, 'length-range', 'zope.interface-5.0.tar.gz'],
    [{ filename: 'a b.whl' }, 'path-character', 'a b.whl'],
    [{ filename: 'a/b.whl' }, 'path-character', 'a/b.whl'],
    [{ filename: '..' }, 'path-dots', '..'],
    [{ filename: `${'a-'.repeat(300)}.zip` }, 'path-too-long', `${'a-'.repeat(300)}.zip`],
  ])('that can be no target is skipped: %j', (fields, code, filename) => {
    const { files, skipped } = readFile(fields);
    expect(files).toEqual([]);
    expect(skipped).toMatchObject([{ project: 'zope-interface', filename, code }]);
  });

  it.each([
    [{ 'upload-time': 'yesterday' }, 'upload-time-dropped'],
    [{ 'requires-python': '>'.repeat(300) }, 'requires-python-dropped'],
    [{ 'requires-python': 3 }, 'requires-python-dropped'],
  ])('loses a field that the ledger would refuse, with a note: %j', (fields, code) => {
    const { files, altered } = readFile(fields);
    expect(altered).toMatchObject([{ filename: 'zope.interface-5.0.tar.gz', code }]);
    expect(Object.keys(files[0]!.upload)).toEqual(REQUIRED_FIELDS);
  });

  it('gets a clean reason, with a note', () => {
    const { files, altered } = readFile({ yanked: 'e\u0301' });
    expect(files[0]!.yank!.reason).toBe('\u00e9');
    expect(altered).toMatchObject([{ code: 'reason-cleaned' }]);
  });

  it('leaves empty fields out without a note', () => {
    const { files, altered } = readFile({
      'requires-python': '',
      'upload-time': null,
      'core-metadata': false,
    });
    expect(altered).toEqual([]);
    expect(Object.keys(files[0]!.upload)).toEqual(REQUIRED_FIELDS);
  });
});

it.each([
  [[], 'not a JSON object'],
  [{ name: 'a', files: [] }, '"api-version" (none)'],
  [{ ...page(), meta: { 'api-version': '2.0' } }, '"api-version" "2.0"'],
  [{ meta: { 'api-version': '1.0' }, projects: [] }, 'an index of projects'],
  [{ meta: { 'api-version': '1.0' }, files: [] }, 'no "name"'],
  [{ meta: { 'api-version': '1.0' }, name: 'a' }, 'no list of "files"'],
  [{ ...page(), name: '!' }, '"!", which is no project'],
])('what is no page is refused, by name: %j', (json, fault) => {
  expect(() => readPage(json as Json, 'p.json')).toThrow(expect.objectContaining({ code: 'page-malformed' }));
  expect(() => readPage(json as Json, 'p.json')).toThrow(fault);
});
