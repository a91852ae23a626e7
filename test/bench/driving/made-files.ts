// Files of a large index, made up from real ones: the committed pages give names, versions, tags, lengths, times and required
// Pythons as they occur together; a made project is the first releases of a real one under a name of its own. The same seed
// gives the same files, one after the other, so that a million of them need no memory.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readPage } from '#apps/cli/src/page';
import type { FileUploaded } from '#ledger';
import { Random } from '../../fixtures/random.js';

/** The committed pages, from the project's folder. */
const PAGES = 'test/data/pep691';
const HASH_WORDS = 16;
const HASH_WORD_VALUES = 65_536;

/** A made file: its target's path, and its `file.uploaded` as JSON text. */
export interface MadeFile {
  readonly path: string;
  readonly event: string;
}

/** A project of a real page: its name, and its files in the page's order, oldest first. */
export interface RealProject {
  readonly name: string;
  readonly files: readonly FileUploaded[];
}

/** The projects of the committed pages. */
export function realProjects(folder: string = PAGES): RealProject[] {
  return readdirSync(folder)
    .sort()
    .map(name => {
      const { project, files } = readPage(
        JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString()),
        name,
      );
      return { name: project, files: files.map(({ upload }) => upload) };
    });
}

/** Made files without end. No two have one path. */
export function* madeFiles(projects: readonly RealProject[], seed: number): Generator<MadeFile, never> {
  const random = new Random(seed);
  const templates = projects.map(templatesOf);
  for (let nth = 0; ; nth++) {
    const releases = templates[random.below(templates.length)]!;
    const size = projectSize(random, releases.length);
    for (const make of releases.slice(0, size)) yield make(nth.toString(36), random);
  }
}

/** The next files of a stream. */
export function take(stream: Iterator<MadeFile, never>, count: number): MadeFile[] {
  return Array.from({ length: count }, () => stream.next().value);
}

/** From 1 to `most`, each order of magnitude as likely as another: most projects are small, and a few hold most files. */
function projectSize(random: Random, most: number): number {
  return Math.ceil(Math.exp((random.below(2 ** 30) / 2 ** 30) * Math.log(most)));
}

type Template = (nth: string, random: Random) => MadeFile;

/** What makes files of a project's files: the text of the event but for the made name and the hash. */
function templatesOf({ name, files }: RealProject): Template[] {
  return files.map(({ filename, release, length, uploadTime, requiresPython }) => {
    // `numpy-1.0.tar.gz` becomes `numpy_x-1.0.tar.gz`, of the project `numpy-x`.
    const [first, last] = [filename!.slice(0, name.length), filename!.slice(name.length)];
    const rest = JSON.stringify({ length, release, uploadTime, requiresPython }).slice(1);
    return (nth, random) => {
      const project = `${name}-${nth}`;
      const made = `${first}_${nth}${last}`;
      const event =
        `{"type":"file.uploaded","project":"${project}","filename":"${made}",` +
        `"hashes":{"sha256":"${randomHash(random)}"},${rest}`;
      return { path: `${project}/${made}`, event };
    };
  });
}

const HEX_WORDS = Array.from({ length: HASH_WORD_VALUES }, (_, value) => value.toString(16).padStart(4, '0'));

/** 64 hex digits: random, like a hash, and quicker than one. */
function randomHash(random: Random): string {
  let hash = '';
  for (let word = 0; word < HASH_WORDS; word++) hash += HEX_WORDS[random.below(HASH_WORD_VALUES)]!;
  return hash;
}
