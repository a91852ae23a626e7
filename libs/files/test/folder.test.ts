import { execFileSync } from 'node:child_process';
import nodeFs from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderFiles } from '../src/index.js';
import { bytes, describeFiles, text } from './files.contract.js';

let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'tuf-ledger-files-'));
});

afterEach(() => fs.rm(folder, { recursive: true, force: true }));

describeFiles('a folder', () => FolderFiles.open(join(folder, 'made', 'if-missing')));

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** Runs a program; false if this machine or user can't. */
function can(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('FolderFiles', () => {
  test('lays files out as their names say, and leaves nothing else', async () => {
    const files = await FolderFiles.open(folder);
    await files.writeAll([
      { name: 'metadata/1.root.json', bytes: bytes('{}') },
      { name: 'checkpoint', bytes: bytes('c') },
    ]);
    expect(await fs.readFile(join(folder, 'metadata', '1.root.json'), 'utf8')).toBe('{}');
    expect(await fs.readdir(join(folder, '.writing'))).toEqual([]);
    const reopened = await FolderFiles.open(folder);
    expect(await reopened.list('')).toEqual(['checkpoint', 'metadata/1.root.json']);
  });

  test('sweeps at opening what a killed writer left', async () => {
    await FolderFiles.open(folder);
    await fs.writeFile(join(folder, '.writing', '17'), 'half of a fi');
    const files = await FolderFiles.open(folder);
    expect(await fs.readdir(join(folder, '.writing'))).toEqual([]);
    expect(await files.list('')).toEqual([]);
  });

  test('goes on when someone deletes everything below it', async () => {
    const files = await FolderFiles.open(folder);
    await files.write('metadata/a', bytes('1'));
    await fs.rm(folder, { recursive: true });
    expect(await files.list('')).toEqual([]);
    await files.write('metadata/a', bytes('2'), { durable: true });
    expect(text(await files.read('metadata/a'))).toBe('2');
  });

  test('lists no links, no folders, and no files of others', async () => {
    const files = await FolderFiles.open(folder);
    await files.write('a', bytes('1'));
    await fs.symlink('a', join(folder, 'link'));
    await fs.writeFile(join(folder, '.hidden'), '');
    await fs.mkdir(join(folder, 'empty'));
    expect(await files.list('')).toEqual(['a']);
  });

  test('says so when a file stands where a folder should', async () => {
    await fs.writeFile(join(folder, 'file'), '');
    await expect(FolderFiles.open(join(folder, 'file'))).rejects.toMatchObject({ code: 'file-unavailable' });
    const files = await FolderFiles.open(folder);
    await expect(files.write('file/below', bytes('1'))).rejects.toMatchObject({ code: 'file-unavailable' });
    expect(await fs.readdir(join(folder, '.writing'))).toEqual([]);
  });

  test.each([
    ['ENOSPC', 'disk-full', true],
    ['EDQUOT', 'disk-full', true],
    ['EROFS', 'folder-read-only', false],
    ['EACCES', 'folder-read-only', false],
    ['EIO', 'file-unavailable', true],
  ])('tells %s as %s, keeps the old file and nothing beside it', async (system, code, retryable) => {
    let broken = false;
    const renameSync: typeof nodeFs.renameSync = (from, to) => {
      if (broken) throw systemError(system);
      nodeFs.renameSync(from, to);
    };
    const files = await FolderFiles.open(folder, { reading: fs, placing: { ...nodeFs, renameSync } });
    await files.write('a', bytes('old'));
    broken = true;
    await expect(files.write('a', bytes('new'))).rejects.toMatchObject({ code, retryable });
    expect(text(await files.read('a'))).toBe('old');
    expect(await fs.readdir(join(folder, '.writing'))).toEqual([]);
  });

  test('lets others have a turn while it writes many, and writes no more after a failure', async () => {
    let turns = 0;
    let written = 0;
    let last = '';
    const renameSync: typeof nodeFs.renameSync = (from, to) => {
      if (String(to).endsWith('/200')) throw systemError('ENOSPC');
      nodeFs.renameSync(from, to);
      written++;
      last = String(to);
    };
    const files = await FolderFiles.open(folder, { reading: fs, placing: { ...nodeFs, renameSync } });
    const entries = Array.from({ length: 500 }, (_, i) => ({ name: `${i}`, bytes: bytes(`${i}`) }));
    const counting = setInterval(() => turns++, 0);
    await expect(files.writeAll(entries)).rejects.toMatchObject({ code: 'disk-full' });
    clearInterval(counting);
    expect([written, last]).toEqual([200, join(folder, '199')]);
    expect(turns).toBeGreaterThan(0);
  });

  test('finishes what a write took only a part of', async () => {
    const writeSync = ((file: number, data: Uint8Array, at: number) =>
      nodeFs.writeSync(file, data, at, Math.min(3, data.length - at))) as typeof nodeFs.writeSync;
    const files = await FolderFiles.open(folder, { reading: fs, placing: { ...nodeFs, writeSync } });
    await files.write('a', bytes('ten bytes.'));
    expect(text(await files.read('a'))).toBe('ten bytes.');
  });

  test('a full disk of the machine', async context => {
    const disk = join(folder, 'disk');
    await fs.mkdir(disk);
    if (!can('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk))
      context.skip('needs the right to mount');
    try {
      const files = await FolderFiles.open(disk);
      await files.write('a', bytes('old'));
      const large = new Uint8Array(1_000_000);
      await expect(files.write('a', large)).rejects.toMatchObject({ code: 'disk-full', retryable: true });
      expect(text(await files.read('a'))).toBe('old');
      await files.write('a', bytes('new'));
      expect(text(await files.read('a'))).toBe('new');
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('a folder without the right to write', async context => {
    await (await FolderFiles.open(folder)).write('a', bytes('old'));
    const root = process.getuid?.() === 0;
    // Modes don't hold root back.
    if (!root) await fs.chmod(folder, 0o555);
    else if (!can('chattr', '-R', '+i', folder)) context.skip('root, and no immutable files here');
    try {
      await expect(FolderFiles.open(folder)).rejects.toMatchObject({
        code: 'folder-read-only',
        retryable: false,
      });
    } finally {
      if (root) execFileSync('chattr', ['-R', '-i', folder]);
      else await fs.chmod(folder, 0o755);
    }
  });
});
