import { describe, expect, it } from 'vitest';
import { LINE_NAMES } from './line.js';
import { readOptions } from './options.js';

describe('the command line', () => {
  it('measures the small size, every line of it, where nothing is said', () => {
    expect(readOptions([])).toMatchObject({
      size: 'small',
      bins: 256,
      lines: LINE_NAMES.process,
      grow: false,
      json: false,
    });
  });

  it('takes the bins of the size, or those that are named', () => {
    expect(readOptions(['--size', 'full']).bins).toBe(16_384);
    expect(readOptions(['--size', 'full', '--bins', '1024']).bins).toBe(1_024);
  });

  it('keeps the order of the lines', () => {
    expect(readOptions(['--only', 'replay,upload']).lines).toEqual(['upload', 'replay']);
  });

  it.each([
    [['--bins', '1000'], '--bins'],
    [['--bins', '32768'], '--bins'],
    [['--size', 'huge'], '--size'],
    [['--only', 'upload,nothing'], 'nothing'],
    [['kept.json'], '--doc'],
    [['--fast'], '--fast'],
  ])('refuses %j and says why', (args, named) => {
    expect(() => readOptions(args)).toThrow(named);
  });
});
