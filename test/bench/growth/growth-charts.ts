// The charts of how things grow, by the names of their files.

import { type Axis, type Chart, chartSvg, type Series } from './chart.js';
import type { Growth, GrowthPoint } from './growth.js';
import { linearScale, logScale, powersAround } from './scale.js';

const MILLISECONDS = 'one upload, milliseconds';
const BYTES = 'bytes';
const MIBS = 'MiB on the disk';

/** Each chart's SVG by its file's name. */
export function growthCharts(growth: Growth): Map<string, string> {
  const { bins, files, cuts } = growth;
  const binAxis: Axis = { label: 'bins (logarithmic)', scale: logScale(bins.map(({ at }) => at)) };
  const fileAxis: Axis = { label: 'files that are there', scale: linearScale(mostOf(files)) };
  const cutAxis: Axis = { label: 'states cut before', scale: linearScale(mostOf(cuts)) };
  const charts: Record<string, Chart> = {
    'performance-bins': times('One upload over the number of bins', binAxis, bins),
    'performance-files': times('One upload over the files that are there', fileAxis, files),
    'performance-cuts': times('One upload over the states before it', cutAxis, cuts),
    'performance-state-bins': sizes('Files of one state over the number of bins', binAxis, bins),
    'performance-state-files': sizes('Files of one state over the files that are there', fileAxis, files),
    'performance-disk': disk(cutAxis, growth),
  };
  return new Map(Object.entries(charts).map(([name, chart]) => [`${name}.svg`, chartSvg(chart)]));
}

function times(title: string, x: Axis, points: readonly GrowthPoint[]): Chart {
  const y: Axis = { label: MILLISECONDS, scale: linearScale(Math.max(...points.map(({ p95 }) => p95))) };
  const series = [
    seriesOf('median', points, ({ p50 }) => p50),
    seriesOf('95th percentile', points, ({ p95 }) => p95),
  ];
  return withDescription({ title, x, y, series });
}

function sizes(title: string, x: Axis, points: readonly GrowthPoint[]): Chart {
  const series = [
    seriesOf('snapshot', points, ({ state }) => state.snapshot),
    seriesOf('the bin', points, ({ state }) => state.bin),
    seriesOf('timestamp', points, ({ state }) => state.timestamp),
  ];
  const values = series.flatMap(({ points: all }) => all.map(([, value]) => value));
  const y: Axis = { label: `${BYTES} (logarithmic)`, scale: logScale(powersAround(values)) };
  return withDescription({ title, x, y, series });
}

function disk(x: Axis, { cuts }: Growth): Chart {
  const series = [
    seriesOf('repository, all versions', cuts, ({ repositoryMiB }) => repositoryMiB),
    seriesOf('Postgres', cuts, ({ postgresMiB }) => postgresMiB),
  ];
  const most = Math.max(
    ...cuts.map(({ postgresMiB, repositoryMiB }) => Math.max(postgresMiB, repositoryMiB)),
  );
  const y: Axis = { label: MIBS, scale: linearScale(most) };
  return withDescription({ title: 'The disk over states of one upload each', x, y, series });
}

function seriesOf<Point extends { at: number }>(
  name: string,
  points: readonly Point[],
  value: (point: Point) => number,
): Series {
  return { name, points: points.map(point => [point.at, value(point)] as const) };
}

function withDescription(chart: Omit<Chart, 'description'>): Chart {
  const lines = chart.series.map(({ name, points }) => {
    const values = points.map(([x, y]) => `${Math.round(y * 10) / 10} at ${x}`);
    return `${name}: ${values.join(', ')}`;
  });
  return { ...chart, description: `${chart.y.label} over ${chart.x.label}. ${lines.join('; ')}.` };
}

function mostOf(points: readonly GrowthPoint[]): number {
  return Math.max(1, ...points.map(({ at }) => at));
}
