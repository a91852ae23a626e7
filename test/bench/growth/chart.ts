// Line charts as SVG, readable on a light and on a dark background, with no script and no font of their own.

import { grouped } from '../report/figure.js';
import type { Scale } from './scale.js';

export interface Axis {
  /** What it shows, with its unit: `milliseconds`. */
  readonly label: string;
  readonly scale: Scale;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  /** What it shows, for those who can't see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** At most three. */
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 360;
const FIELD = { left: 86, top: 64, width: 600, height: 232 };
/** Pixels of a legend's entry. */
const LEGEND_WIDTH = 210;

const STYLE = `
    .page { fill: #ffffff; }
    .grid { stroke: #d1d9e0; }
    .axis { stroke: #59636e; }
    text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 13px; fill: #1f2328; }
    .title { font-weight: 600; font-size: 15px; }
    .mark { font-size: 12px; fill: #59636e; }
    .mid { text-anchor: middle; }
    .end { text-anchor: end; }
    .line { fill: none; stroke-width: 2.2; }
    .s0 { stroke: #0969da; } .s1 { stroke: #bc4c00; stroke-dasharray: 7 4; } .s2 { stroke: #1a7f37; stroke-dasharray: 2 4; }
    .d0 { fill: #0969da; } .d1 { fill: #bc4c00; } .d2 { fill: #1a7f37; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; }
      .grid { stroke: #30363d; }
      .axis { stroke: #8b949e; }
      text { fill: #e6edf3; }
      .mark { fill: #a5adb7; }
      .s0 { stroke: #4493f8; } .s1 { stroke: #f0883e; } .s2 { stroke: #3fb950; }
      .d0 { fill: #4493f8; } .d1 { fill: #f0883e; } .d2 { fill: #3fb950; }
    }
  `;

/** The chart as a file of SVG. */
export function chartSvg({ title, description, x, y, series }: Chart): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title desc">`,
    `  <title id="title">${escaped(title)}</title>`,
    `  <desc id="desc">${escaped(description)}</desc>`,
    `  <style>${STYLE}</style>`,
    `  <rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="10"/>`,
    `  <text class="title" x="20" y="28">${escaped(title)}</text>`,
    ...legend(series),
    ...yAxis(y),
    ...xAxis(x),
    ...series.flatMap((one, nth) => drawn(one, nth, x.scale, y.scale)),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function legend(series: readonly Series[]): string[] {
  return series.map(({ name }, nth) => {
    const left = FIELD.left + nth * LEGEND_WIDTH;
    return (
      `  <path class="line s${nth}" d="M${left} 48 h28"/>` +
      `<circle class="d${nth}" cx="${left + 14}" cy="48" r="3.5"/>` +
      `<text x="${left + 36}" y="52.5">${escaped(name)}</text>`
    );
  });
}

function yAxis({ label, scale }: Axis): string[] {
  const right = FIELD.left + FIELD.width;
  const marks = scale.ticks.map(tick => {
    const height = placeY(scale, tick);
    return (
      `  <path class="grid" d="M${FIELD.left} ${height} H${right}"/>` +
      `<text class="mark end" x="${FIELD.left - 8}" y="${pixel(height + 4)}">${shown(tick)}</text>`
    );
  });
  const middle = FIELD.top + FIELD.height / 2;
  return [
    ...marks,
    `  <text class="mid" transform="translate(22 ${middle}) rotate(-90)">${escaped(label)}</text>`,
  ];
}

function xAxis({ label, scale }: Axis): string[] {
  const bottom = FIELD.top + FIELD.height;
  const marks = scale.ticks.map(tick => {
    const at = placeX(scale, tick);
    return (
      `  <path class="axis" d="M${at} ${bottom} v5"/>` +
      `<text class="mark mid" x="${at}" y="${bottom + 20}">${shown(tick)}</text>`
    );
  });
  const middle = FIELD.left + FIELD.width / 2;
  return [
    `  <path class="axis" d="M${FIELD.left} ${bottom} h${FIELD.width}"/>`,
    ...marks,
    `  <text class="mid" x="${middle}" y="${bottom + 46}">${escaped(label)}</text>`,
  ];
}

function drawn({ points }: Series, nth: number, x: Scale, y: Scale): string[] {
  const places = points.map(([at, value]) => [placeX(x, at), placeY(y, value)] as const);
  const path = places.map(([left, top], i) => `${i === 0 ? 'M' : 'L'}${left} ${top}`).join(' ');
  const dots = places.map(([left, top]) => `<circle class="d${nth}" cx="${left}" cy="${top}" r="3.5"/>`);
  return [`  <path class="line s${nth}" d="${path}"/>${dots.join('')}`];
}

function placeX(scale: Scale, value: number): number {
  return pixel(FIELD.left + scale.place(value) * FIELD.width);
}

function placeY(scale: Scale, value: number): number {
  return pixel(FIELD.top + (1 - scale.place(value)) * FIELD.height);
}

function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}

function shown(tick: number): string {
  return tick >= 1 || tick === 0
    ? grouped(Math.round(tick * 100) / 100)
    : String(Number(tick.toPrecision(2)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
