import { describe, expect, it } from 'vitest';
import { chartSvg } from './growth/chart.js';
import { linearScale, logScale, powersAround } from './growth/scale.js';

describe('a linear scale', () => {
  it.each([
    [173, [0, 50, 100, 150, 200]],
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [200_000, [0, 50_000, 100_000, 150_000, 200_000]],
  ])('up to %d has round marks', (most, ticks) => {
    const scale = linearScale(most);
    expect(scale.ticks.map(tick => Math.round(tick * 10) / 10)).toEqual(ticks);
    expect([scale.place(0), scale.place(ticks.at(-1)!)]).toEqual([0, 1]);
  });
});

describe('a logarithmic scale', () => {
  it('gives each factor the same length', () => {
    const scale = logScale([1, 10, 100]);
    expect([1, 10, 100].map(value => Math.round(scale.place(value) * 100))).toEqual([0, 50, 100]);
  });

  it('goes in powers of ten around all values', () => {
    expect(powersAround([450, 560_000])).toEqual([100, 1_000, 10_000, 100_000, 1_000_000]);
    expect(powersAround([100])).toEqual([100, 1_000]);
  });
});

describe('a chart', () => {
  const svg = chartSvg({
    title: 'A < B & "C"',
    description: 'rises',
    x: { label: 'bins', scale: logScale([256, 1_024]) },
    y: { label: 'milliseconds', scale: linearScale(30) },
    series: [
      {
        name: 'median',
        points: [
          [256, 10],
          [1_024, 30],
        ],
      },
      {
        name: 'p95',
        points: [
          [256, 20],
          [1_024, 30],
        ],
      },
    ],
  });

  it('draws each series through its points', () => {
    expect(svg.match(/<path class="line s[01]" d="M86 [^"]* L686 64"/g)).toHaveLength(2);
  });

  it('escapes its words, labels its axes, and has colours for dark pages', () => {
    expect(svg).toContain('A &lt; B &amp; &quot;C&quot;');
    expect(svg).toContain('>milliseconds</text>');
    expect(svg).toContain('>1,024</text>');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
