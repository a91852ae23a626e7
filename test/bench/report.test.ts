import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { growthCharts } from './growth/growth-charts.js';
import type { LineName, LineResult } from './line.js';
import { combined } from './report/combined.js';
import { withReports } from './report/document.js';
import type { Report, RunReport } from './report/report.js';
import { plainTable } from './report/table.js';

const KEPT = 'test/bench/kept';
const machine = { processor: 'P', cores: 2, memoryGiB: 4, system: 'linux x64', node: '20', load: 0 };
const lineOf = (line: LineName, value: number): LineResult => ({
  line,
  figures: [{ key: line, name: `the ${line}`, unit: 'ms', value, limit: { value: 10, of: '1 × thing' } }],
});
const run = (...lines: LineResult[]): RunReport => ({
  ...{
    kind: 'figures',
    ground: 'process',
    at: '2026-01-02T03:04:05Z',
    machine,
    bins: 256,
    size: 'small',
    lines,
  },
});

describe('a table', () => {
  it('names what failed, with its reason, among what did not', () => {
    const text = plainTable(
      run(lineOf('opening', 25), { line: 'upload', figures: [], failure: 'no | answer\nat all' }),
    );
    expect(text).toMatch(/^the opening +25\.0 ms +10\.0 ms +2\.50 +1 × thing$/m);
    expect(text).toMatch(/^upload: FAILED +no \/ answer at all$/m);
  });
});

describe('reports', () => {
  it('combine to what was measured last of each line, in the order of the lines', () => {
    const [report] = combined([
      run(lineOf('opening', 1), lineOf('import', 1)),
      run(lineOf('import', 2), lineOf('upload', 2)),
    ]);
    const { lines } = report as RunReport;
    expect(lines.map(({ line, figures }) => [line, figures[0]!.value])).toEqual([
      ['opening', 1],
      ['upload', 2],
      ['import', 2],
    ]);
  });

  it('of different bins do not', () => {
    expect(() => combined([run(), { ...run(), bins: 512 }])).toThrow('512');
  });
});

describe('the document', () => {
  const document = 'before\n<!-- bench:figures -->\nold\n<!-- /bench:figures -->\nafter';

  it('changes between its marks alone', () => {
    const written = withReports(document, [run(lineOf('opening', 25))]);
    expect(written).toMatch(
      /^before\n<!-- bench:figures -->\n\n.*the opening.*\n\n<!-- \/bench:figures -->\nafter$/s,
    );
    expect(written).not.toContain('old');
    expect(withReports(written, [run(lineOf('opening', 25))])).toBe(written);
  });

  it('must have the marks', () => {
    expect(() => withReports('none', [run()])).toThrow('bench:figures');
  });
});

describe('docs/performance.md', () => {
  const reports = readdirSync(KEPT).map((name): Report => JSON.parse(readFileSync(join(KEPT, name), 'utf8')));

  it('shows what was kept', () => {
    const document = readFileSync('docs/performance.md', 'utf8');
    expect(withReports(document, reports)).toBe(document);
  });

  it('has the charts of what was kept', () => {
    const charts = reports.flatMap(report =>
      report.kind === 'growth' ? [...growthCharts(report.growth)] : [],
    );
    expect(charts.length).toBeGreaterThan(0);
    for (const [name, svg] of charts)
      expect(readFileSync(join('docs/pictures', name), 'utf8'), name).toBe(svg);
  });
});
