/** The documents against the project: links lead somewhere, examples are real, and no code, setting or command is left out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '#apps/ledger/src/config';
import { decodeEvent, type RawEvent } from '#ledger';
import { composedServices } from '../cluster/compose.js';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const filesIn = (folder: string, pattern: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(name => pattern.test(name));

const documents = ['README.md', ...filesIn('docs', /\.md$/)];
const everyDocument = documents.map(read).join('\n');

/** What the first cells of a document's tables hold in code style: the terms that it explains. */
function explainedIn(document: string): Set<string> {
  const cells = [...read(document).matchAll(/^\| ([^|]*) \|/gm)].map(([, cell]) => cell!);
  return new Set(cells.flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)].map(([, term]) => term!)));
}

/** Code blocks of a language, of all documents. */
function blocksOf(language: string): { document: string; text: string }[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return documents.flatMap(document =>
    [...read(document).matchAll(fence)].map(([, text]) => ({ document, text: text! })),
  );
}

/** The anchors of a document's headings, as the usual renderers make them. */
function anchorsOf(document: string): Set<string> {
  const headings = [...withoutCode(read(document)).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!);
  return new Set(
    headings.map(title =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '');
}

/** The relative links and pictures of a document. */
function linksOf(document: string): string[] {
  const text = withoutCode(read(document));
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)];
  return targets.map(([, link, attribute]) => (link ?? attribute)!).filter(link => !/^[a-z]+:/.test(link));
}

function isBroken(document: string, link: string): boolean {
  const [path, anchor] = link.split('#', 2);
  const target = path ? join(dirname(document), path) : document;
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
}

/** The string literals of the type or constant that declares a file's codes. */
function codesIn(path: string, declaration: RegExp): string[] {
  const [, body] = declaration.exec(read(path)) ?? [];
  expect(body, `${path} declares no codes`).toBeDefined();
  return [...body!.matchAll(/'([a-z0-9-]+)'|^ {2}([a-z]+):/gm)].map(([, quoted, bare]) => (quoted ?? bare)!);
}

const errorFiles = [...filesIn('libs', /src\/errors\.ts$/), ...filesIn('apps', /src\/errors\.ts$/)];

describe('every link', () => {
  it.each(documents)('of %s leads to a file, and to a heading where it names one', document => {
    expect(linksOf(document).filter(link => isBroken(document, link))).toEqual([]);
  });

  it('to each document stands in the README', () => {
    const linked = new Set(linksOf('README.md').map(link => link.split('#')[0]));
    const missing = documents.filter(path => path.startsWith('docs/') && !path.startsWith('docs/adr/'));
    expect(missing.filter(path => !linked.has(path))).toEqual([]);
  });
});

describe('every code', () => {
  it.each(errorFiles)('of %s is in a document', file => {
    const codes = codesIn(file, /type \w+ErrorCode =([^;]+);/);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter(code => !everyDocument.includes(`\`${code}\``))).toEqual([]);
  });

  it('of a rejection is explained in docs/publishing.md', () => {
    const codes = codesIn('libs/ledger/src/rejection.ts', /type RejectionCode =([^;]+);/);
    expect(codes.length).toBeGreaterThan(30);
    const explained = explainedIn('docs/publishing.md');
    expect(codes.filter(code => !explained.has(code))).toEqual([]);
  });

  it('of a problem of the gateway is explained in docs/operations.md', () => {
    const codes = codesIn('apps/gateway/src/problem.ts', /const KINDS = \{(.*?)\n\} as const/s);
    expect(codes.length).toBeGreaterThan(20);
    const explained = explainedIn('docs/operations.md');
    expect(codes.filter(code => !explained.has(code))).toEqual([]);
  });
});

/** What the sources of services hold that has this form. */
function namedInServices(form: RegExp): string[] {
  const sources = [...filesIn('libs/host/src', /\.ts$/), ...filesIn('apps', /\/src\/.*\.ts$/)];
  return [...new Set(sources.flatMap(path => read(path).match(form) ?? []))].sort();
}

describe('every metric', () => {
  const metrics = namedInServices(/(?<=name: ')tuf_ledger_[a-z_]+(?=')/g);
  const explained = [...explainedIn('docs/operations.md')].map(term => term.replace(/\{.*\}/, ''));

  it.each(metrics)('%s is explained in docs/operations.md', metric => {
    expect(explained).toContain(metric);
  });

  it('in docs/operations.md is one that there is', () => {
    expect(explained.filter(term => term.startsWith('tuf_ledger_') && !metrics.includes(term))).toEqual([]);
    expect(metrics.length).toBeGreaterThan(15);
  });
});

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

describe('every alert of docs/alerts.yml', () => {
  const { groups } = parse(read('docs/alerts.yml')) as { groups: { rules: AlertRule[] }[] };
  const rules = groups.flatMap(group => group.rules);
  const metrics = namedInServices(/(?<=name: ')tuf_ledger_[a-z_]+(?=')/g);
  const metricsIn = (expr: string) => expr.match(/tuf_ledger_[a-z_]+/g) ?? [];

  it.each(rules)('$alert is about metrics that there are, and says what is wrong', rule => {
    const names = metricsIn(rule.expr).map(name => name.replace(/_(bucket|count|sum)$/, ''));
    expect(names.filter(name => !metrics.includes(name))).toEqual([]);
    expect(rule.expr).toMatch(/tuf_ledger_|up\{/);
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(rule.annotations.summary.length).toBeGreaterThan(20);
  });

  it('is in docs/operations.md, and each one there is here', () => {
    const told = new Set(read('docs/operations.md').match(/(?<=`)TufLedger[A-Za-z]+(?=`)/g));
    expect(told).toEqual(new Set(rules.map(({ alert }) => alert)));
  });
});

describe('every setting', () => {
  const [, body] = /const DEFAULTS = \{(.*?)\n\};/s.exec(read('apps/ledger/src/config.ts'))!;
  const settings = [...body!.matchAll(/^ {2}([A-Z_]+): '(.*)',$/gm)].map(
    ([, name, value]) => [name!, value!] as const,
  );

  it.each(settings)('%s is in docs/operations.md with its default, %s', (name, value) => {
    expect(read('docs/operations.md')).toContain(`| \`${name}\` | \`${value}\` |`);
  });

  it.each(namedInServices(/(?<=')TUF_LEDGER_[A-Z_]+(?=')/g))(
    '%s is explained in docs/operations.md',
    name => {
      expect(explainedIn('docs/operations.md')).toContain(name);
    },
  );

  it.each(namedInServices(/(?<=secret\(')TUF_LEDGER_[A-Z_]+(?=')/g))(
    '%s may be a file, and is so explained',
    name => {
      expect(explainedIn('docs/operations.md')).toContain(`${name}_FILE`);
    },
  );

  it.each(composedServices().filter(({ environment }) => environment.PORT))(
    'PORT of $name is in docs/operations.md with its default',
    ({ name, environment }) => {
      const row = new RegExp(
        `^\\| \`${name.replace(/-\d+$/, '')}\` \\| [0-9, ]*\\b${environment.PORT}\\b`,
        'm',
      );
      expect(read('docs/operations.md')).toMatch(row);
    },
  );

  it('is one that the configuration reads', () => {
    expect(() => readConfig(Object.fromEntries(settings))).not.toThrow();
    expect(settings.length).toBeGreaterThan(4);
  });
});

describe('every example', () => {
  it.each(blocksOf('json'))('in JSON of $document is well-formed, and its events are events', ({ text }) => {
    const { events = [] } = JSON.parse(text) as { events?: Partial<RawEvent>[] };
    const written = events.filter((event): event is RawEvent => event.type !== undefined);
    expect(written.map(decodeEvent).filter(decoded => 'rejection' in decoded)).toEqual([]);
  });

  it('runs commands that there are', () => {
    const commands = new Set(filesIn('apps/cli/src/commands', /\.ts$/).map(path => basename(path, '.ts')));
    const named = blocksOf('sh').flatMap(({ text }) => [...text.matchAll(/npx tuf-ledger ([a-z]+)/g)]);
    expect(named.length).toBeGreaterThan(3);
    expect(named.map(([, command]) => command!).filter(command => !commands.has(command))).toEqual([]);
  });
});
