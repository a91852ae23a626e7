import { expect, test } from 'vitest';
import { MemoryFiles } from '../src/index.js';
import { bytes, describeFiles, text } from './files.contract.js';

describeFiles('memory', async () => new MemoryFiles());

test('MemoryFiles fails as scripted, and leaves the old file or the new', async () => {
  const files = new MemoryFiles([undefined, 'fail before', 'fail after']);
  const failed = { code: 'file-unavailable', retryable: true };
  await files.write('a', bytes('1'));
  await expect(files.write('a', bytes('2'))).rejects.toMatchObject(failed);
  expect(text(await files.read('a'))).toBe('1');
  await expect(files.write('a', bytes('3'))).rejects.toMatchObject(failed);
  expect(text(await files.read('a'))).toBe('3');
  await files.write('a', bytes('4'));
  expect(text(await files.read('a'))).toBe('4');
});
