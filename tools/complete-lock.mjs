// Adds to package-lock.json the platform packages that npm left out. A registry that serves only some platforms makes npm
// write a lock that `npm ci` then refuses on every machine. Run after a change of dependencies:
//
//     npm install --package-lock-only && node tools/complete-lock.mjs
//
// A platform package is an exact optional dependency whose name ends in the systems it is for (`-linux-arm64-musl`); npm
// passes over it wherever `os`, `cpu` and `libc` do not fit.

import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = {
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  wasm32: 'wasm32',
  universal: undefined,
};

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
let added = 0;
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(place, name)) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      optional: true,
      ...(entry.dev ? { dev: true } : {}),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} platform packages added.\n`);

function isLocked(place, name) {
  return (
    Object.hasOwn(lock.packages, `node_modules/${name}`) ||
    Object.hasOwn(lock.packages, `${place}/node_modules/${name}`)
  );
}

function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.find(word => SYSTEMS.includes(word));
  const cpu = words
    .map(word => (word === 'armv7' || word === 'arm' ? 'arm' : word))
    .find(word => Object.hasOwn(PROCESSORS, word));
  const libc = words.find(word => ['gnu', 'musl', 'gnueabihf', 'musleabihf'].includes(word));
  return {
    ...(cpu && PROCESSORS[cpu] ? { cpu: [PROCESSORS[cpu]] } : {}),
    ...(libc && os === 'linux' ? { libc: [libc.startsWith('musl') ? 'musl' : 'glibc'] } : {}),
    ...(os ? { os: [os] } : {}),
  };
}
