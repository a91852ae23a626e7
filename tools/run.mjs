// `npm start`, `npm test` and their like, from a fresh checkout: installs what is missing, builds what has changed, then runs.
// Plain JavaScript on Node alone, since it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_NEEDED = [20, 19];

checkNode();
process.chdir(PROJECT);
const [task, ...rest] = process.argv.slice(2);
const TASKS = { start, cluster, test, build, check, bench, simulate, faults };
if (!Object.hasOwn(TASKS, task))
  fail(`Unknown task "${task ?? ''}". Use one of: ${Object.keys(TASKS).join(', ')}.`);
install();
await TASKS[task](rest);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1])) return;
  fail(
    `tuf-ledger needs Node ${NODE_NEEDED.join('.')} or newer; this is ${process.versions.node}. ` +
      'Install a newer one (24 LTS is recommended) and run the same command again.',
  );
}

function install() {
  const stamp = join('node_modules', '.installed-lock');
  const lock = readFileSync('package-lock.json', 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('Installing packages (once).');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

function build() {
  const stamp = join('dist', '.built');
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newestSource()) return;
  say('Building (after a change).');
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
  writeFileSync(stamp, '');
}

function newestSource() {
  const folders = [
    'apps',
    'libs',
    join('test', 'bench'),
    join('test', 'cluster'),
    join('test', 'simulation'),
    join('test', 'fixtures'),
    join('test', 'interop'),
  ];
  const files = folders.flatMap(folder =>
    readdirSync(folder, { recursive: true }).map(name => join(folder, name)),
  );
  const sources = [
    ...files.filter(name => name.endsWith('.ts')),
    'tsconfig.json',
    'tsconfig.build.json',
    'package.json',
  ];
  return Math.max(...sources.map(name => statSync(name).mtimeMs));
}

async function start() {
  build();
  // In this very process, so that a signal sent to it reaches the ledger and not a parent that waits.
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(resolve('dist', 'apps', 'ledger', 'src', 'main.js')).href);
}

async function cluster() {
  build();
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(resolve('dist', 'test', 'cluster', 'main.js')).href);
}

function test(args) {
  check([]);
  mkdirSync('.cache', { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', '--outputFile.json=.cache/vitest.json'];
  build();
  run(process.execPath, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...args]);
}

function check() {
  const bin = (folder, file) => join('node_modules', folder, file);
  say('Checking: types, format and lint, dependency rule, dead exports.');
  run(process.execPath, [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.json', '--noEmit']);
  run(process.execPath, [bin('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings']);
  run(process.execPath, [
    bin('dependency-cruiser', 'bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    'apps',
    'libs',
    'test',
  ]);
  run(process.execPath, [bin('knip', 'bin/knip.js')]);
}

function bench(args) {
  build();
  run(process.execPath, ['--enable-source-maps', join('dist', 'test', 'bench', 'main.js'), ...args]);
}

function simulate(args) {
  build();
  run(process.execPath, ['--enable-source-maps', join('dist', 'test', 'simulation', 'main.js'), ...args]);
}

function faults(args) {
  build();
  run(process.execPath, [
    '--enable-source-maps',
    join('dist', 'test', 'cluster', 'faults', 'main.js'),
    ...args,
  ]);
}

function run(command, args) {
  const result = spawnSync(command, args, { stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
