// The sources of an import: page files (`.json`, `.json.gz`), folders of them, and URLs.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Environment } from './environment.js';
import { CliError } from './errors.js';
import { parseJson } from './json-text.js';
import { type ProjectPage, readPage } from './page.js';
import { fetchPages, MAX_PAGE_BYTES } from './simple-index.js';

const PAGE_FILE = /\.json(\.gz)?$/;
const inflate = promisify(gunzip);

/** The pages of all sources: sources in the order given, files of a folder by name. @throws CliError */
export async function readSources(
  sources: readonly string[],
  environment: Environment,
): Promise<ProjectPage[]> {
  const pages: ProjectPage[] = [];
  for (const source of sources) {
    if (/^https?:\/\//i.test(source)) pages.push(...(await fetchPages(indexUrl(source), environment)));
    else for (const file of await pageFiles(source)) pages.push(await readPageFile(file));
  }
  return pages;
}

function indexUrl(source: string): URL {
  if (URL.canParse(source)) return new URL(source);
  throw new CliError(
    'source-missing',
    `${source} is no URL.`,
    'Give one such as https://index.example.org/simple/.',
  );
}

/** The page files that a path names: itself, or those directly in the folder that it is. */
async function pageFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      'source-missing',
      `${path} can't be read (${error.code}).`,
      'Give a page file, a folder of them, or the URL of a simple index.',
    );
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter(name => PAGE_FILE.test(name)).sort();
  if (names.length > 0) return names.map(name => join(path, name));
  throw new CliError(
    'source-empty',
    `${path} has no .json or .json.gz file.`,
    'Give a folder that holds page files.',
  );
}

async function readPageFile(file: string): Promise<ProjectPage> {
  const { size } = await stat(file);
  if (size > MAX_PAGE_BYTES) throw tooLarge(file);
  const bytes = await readFile(file);
  const text = file.endsWith('.gz') ? await inflated(bytes, file) : bytes;
  return readPage(parseJson(text.toString('utf8'), file), file);
}

async function inflated(bytes: Buffer, file: string): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: MAX_PAGE_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file);
    const reason = (error as Error).message;
    throw new CliError(
      'page-malformed',
      `${file} is no whole gzip file (${reason}).`,
      'Fetch or compress it again.',
    );
  }
}

function tooLarge(file: string): CliError {
  return new CliError(
    'source-too-large',
    `${file} holds more than ${MAX_PAGE_BYTES} bytes.`,
    "Check that it is one project's page.",
  );
}
