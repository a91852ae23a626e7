import { expect, it } from 'vitest';
import type { IndexFile, ProjectPage } from '../src/page.js';
import { uploadOrder } from '../src/upload-order.js';
import { readRealPages } from './real-pages.js';

function file(name: string, uploadTime?: string, digit = '0'): IndexFile {
  const upload = {
    type: 'file.uploaded',
    project: 'p',
    filename: name,
    length: 1,
    hashes: { sha256: digit.repeat(64) },
  } as const;
  return { path: `p/${name}`, upload: uploadTime === undefined ? upload : { ...upload, uploadTime } };
}

function pageOf(...files: IndexFile[]): ProjectPage {
  return { project: 'p', files, skipped: [], altered: [] };
}

function orderOf(...pages: ProjectPage[]): string[] {
  return uploadOrder(pages).files.map(({ upload }) => upload.filename!);
}

it('puts twelve real projects into one history', async () => {
  const pages = await readRealPages();
  const { files } = uploadOrder(pages);
  expect(files).toHaveLength(10_041);
  expect(files[0]!.path).toBe('numpy/numpy-1.0.1.dev3460.win32-py2.4.exe');
  expect(files.at(-1)!.path).toBe('numpy/numpy-2.5.5.tar.gz');
  const times = files.map(({ upload }) => Date.parse(upload.uploadTime!));
  expect(times.every((time, i) => i === 0 || times[i - 1]! <= time)).toBe(true);
  expect(uploadOrder([...pages].reverse()).files).toEqual(files);
});

it('orders by time to the microsecond, then by path', () => {
  const page = pageOf(
    file('d', '2020-01-01T00:00:00.5Z'),
    file('e', '2020-01-01T00:00:00.500001Z'),
    file('c', '2020-01-01T00:00:00.500000Z'),
    file('b', '2020-01-01T00:00:00Z'),
    file('a', '2020-01-01T00:00:01Z'),
  );
  expect(orderOf(page)).toEqual(['b', 'c', 'd', 'e', 'a']);
});

it('puts files without a time last, by name', () => {
  expect(orderOf(pageOf(file('z'), file('b'), file('y', '2020-01-01T00:00:00Z')))).toEqual(['y', 'b', 'z']);
});

it('counts a file that is listed twice once, with its later yank', () => {
  const yank = { type: 'file.yanked', project: 'p', filename: 'a' } as const;
  const { files, skipped } = uploadOrder([pageOf(file('a')), pageOf({ ...file('a'), yank })]);
  expect(files).toEqual([{ ...file('a'), yank }]);
  expect(skipped).toEqual([]);
});

it('keeps the first of two that differ, and says so', () => {
  const { files, skipped } = uploadOrder([pageOf(file('a')), pageOf(file('a', undefined, '1'))]);
  expect(files).toEqual([file('a')]);
  expect(skipped).toMatchObject([{ filename: 'a', code: 'listed-twice' }]);
});
