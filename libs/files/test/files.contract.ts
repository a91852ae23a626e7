import { beforeEach, describe, expect, test } from 'vitest';
import type { Files } from '../src/index.js';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array | undefined): string | undefined =>
  value && new TextDecoder().decode(value);

/** What every adapter of the metadata store must do. `open` opens an empty one. */
export function describeFiles(name: string, open: () => Promise<Files>): void {
  describe(`files in ${name}`, () => {
    let files: Files;

    beforeEach(async () => {
      files = await open();
    });

    test.each([
      ['empty', new Uint8Array(0)],
      ['any bytes', Uint8Array.from({ length: 256 }, (_, i) => i)],
      ['large', new Uint8Array(3_000_000).fill(0xa5)],
    ])('gives back what was written: %s', async (_, value) => {
      await files.write('metadata/1.root.json', value);
      const found = await files.read('metadata/1.root.json');
      expect(found).toBeInstanceOf(Uint8Array);
      expect(found).not.toBeInstanceOf(Buffer);
      expect(Buffer.compare(found!, value)).toBe(0);
    });

    test('replaces a file', async () => {
      await files.write('timestamp.json', bytes('the first one'));
      await files.write('timestamp.json', bytes('two'), { durable: true });
      expect(text(await files.read('timestamp.json'))).toBe('two');
      expect(await files.list('')).toEqual(['timestamp.json']);
    });

    test('keeps its own copy of what was written', async () => {
      const value = bytes('abc');
      await files.write('a', value);
      value.fill(0);
      (await files.read('a'))!.fill(0);
      expect(text(await files.read('a'))).toBe('abc');
    });

    test('has nothing where nothing was written', async () => {
      await files.write('tile/0/000', bytes('a'));
      expect(await files.read('tile/0/001')).toBeUndefined();
      expect(await files.read('tile/0')).toBeUndefined();
      expect(await files.read('tile/0/000/1')).toBeUndefined();
      expect(await files.list('metadata/')).toEqual([]);
    });

    test('writes many at once', async () => {
      const names = Array.from({ length: 200 }, (_, i) => `metadata/${i % 7}/${i}.bins-0a.json`);
      await files.writeAll(names.map(name => ({ name, bytes: bytes(name) })));
      for (const name of names) expect(text(await files.read(name))).toBe(name);
      await files.writeAll([]);
      await files.writeAll([{ name: 'a/b/c', bytes: bytes('d') }], { durable: true });
      expect(await files.list('')).toHaveLength(201);
    });

    test('lists by prefix, sorted', async () => {
      const names = [
        'metadata/10.a.json',
        'metadata/2.a.json',
        'metadata/2.a.json.d/x',
        'tile/0/x001/000',
        'z',
      ];
      await files.writeAll(names.toReversed().map(name => ({ name, bytes: bytes('') })));
      expect(await files.list('')).toEqual(names);
      expect(await files.list('metadata/')).toEqual(names.slice(0, 3));
      expect(await files.list('metadata/2.')).toEqual(names.slice(1, 3));
      expect(await files.list('tile/0/x0')).toEqual(names.slice(3, 4));
      for (const prefix of ['y', 'z/', 'metadata/3', '../', '/', 'tile//']) {
        expect(await files.list(prefix)).toEqual([]);
      }
    });

    test('removes', async () => {
      await files.write('a/b', bytes('1'));
      await files.remove('a/b');
      await files.remove('a/b');
      await files.remove('never/there');
      expect(await files.read('a/b')).toBeUndefined();
      expect(await files.list('')).toEqual([]);
      await files.write('a/b', bytes('2'));
      expect(text(await files.read('a/b'))).toBe('2');
    });

    const unsafe = [
      '',
      '/',
      '/etc/passwd',
      '..',
      '../a',
      'a/../../b',
      'a//b',
      'a/',
      './a',
      'a/.',
      '.hidden',
      'a\\b',
    ];
    test.each([...unsafe, 'a\0', 'a b', 'ä', 'x'.repeat(201), `${'a/'.repeat(16)}a`, 'C:a'])(
      'refuses the name %j, and does nothing',
      async name => {
        const refused = { code: 'name-unsafe', retryable: false };
        await expect(files.write(name, bytes('x'))).rejects.toMatchObject(refused);
        await expect(files.read(name)).rejects.toMatchObject(refused);
        await expect(files.remove(name)).rejects.toMatchObject(refused);
        const good = { name: 'good', bytes: bytes('x') };
        await expect(files.writeAll([good, { name, bytes: bytes('x') }])).rejects.toMatchObject(refused);
        expect(await files.list('')).toEqual([]);
      },
    );

    test.each(['1.root.json', 'a%2Fb.json', '_~%+=@,-', 'x'.repeat(200), 'tile/entries/x001/x234/067.p/5'])(
      'takes the name %j',
      async name => {
        await files.write(name, bytes(name));
        expect(text(await files.read(name))).toBe(name);
        expect(await files.list(name)).toEqual([name]);
      },
    );

    test('never shows a reader a part of a file', async () => {
      const versions = ['a', 'b'].map(letter => bytes(letter.repeat(100_000)));
      await files.write('timestamp.json', versions[0]!);
      let writing = true;
      const reader = async () => {
        for (let reads = 0; writing || reads === 0; reads++) {
          const seen = text(await files.read('timestamp.json'))!;
          expect(seen === 'a'.repeat(100_000) || seen === 'b'.repeat(100_000)).toBe(true);
        }
      };
      const readers = Promise.all([reader(), reader()]);
      for (let i = 1; i <= 100; i++) await files.write('timestamp.json', versions[i % 2]!);
      writing = false;
      await readers;
    });
  });
}
