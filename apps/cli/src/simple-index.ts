// The pages of a simple index over HTTP, in the JSON form of PEP 691: the page of one project, or the root with all of them.

import { isJsonObject, type Json } from '#tuf';
import { BusyError, withRetries } from './backoff.js';
import { inParallel } from './bounded-parallel.js';
import type { Environment } from './environment.js';
import { CliError } from './errors.js';
import { type HttpAnswer, request, retryAfterMs } from './http.js';
import { parseJson } from './json-text.js';
import { type ProjectPage, readPage } from './page.js';
import { startProgress } from './progress.js';
import { normalizeProject } from './release.js';

/** Pages fetched at once. */
const MAX_PARALLEL_FETCHES = 8;
/** Projects of one import; a whole public index is imported in parts. */
const MAX_PROJECTS = 20_000;
/** Bytes of one page, after decompression. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** Milliseconds for one page. */
const PAGE_TIMEOUT_MS = 60_000;
const ACCEPT = 'application/vnd.pypi.simple.v1+json';

/**
 * The pages behind a URL, in the order of the root's projects. A project that the root lists and that is gone is left out.
 * @throws CliError where the index can't be reached, is no index in JSON, or has more than MAX_PROJECTS projects.
 */
export async function fetchPages(url: URL, environment: Environment): Promise<ProjectPage[]> {
  const answer = await fetchJson(url, environment);
  if (answer.status === 404)
    throw new CliError('source-missing', `${url} does not exist (404).`, 'Check the URL.');
  const root = pageJson(answer);
  if (!isJsonObject(root) || !Array.isArray(root.projects)) return [readPage(root, url.href)];
  const projects = projectUrls(root.projects, answer.url);
  const progress = startProgress(environment, 'fetching pages', projects.length);
  let fetched = 0;
  try {
    const pages = await inParallel(projects, MAX_PARALLEL_FETCHES, async project => {
      const page = await fetchPage(project, environment);
      progress.update(++fetched);
      return page;
    });
    return pages.filter(page => page !== undefined);
  } finally {
    progress.stop();
  }
}

/** The pages of the projects that a root lists by name: PEP 503 puts them below the root. */
function projectUrls(projects: readonly Json[], root: URL): URL[] {
  if (projects.length > MAX_PROJECTS) {
    throw new CliError(
      'source-too-large',
      `${root} lists ${projects.length} projects, and one import takes ${MAX_PROJECTS}.`,
      "Import it in parts: give the URLs of the projects' pages.",
    );
  }
  const base = new URL(root.pathname.endsWith('.json') ? '.' : root.pathname.replace(/\/?$/, '/'), root);
  return projects.map((project, index) => {
    const name = isJsonObject(project) ? project.name : undefined;
    if (typeof name === 'string') return new URL(`${encodeURIComponent(normalizeProject(name))}/`, base);
    throw new CliError(
      'page-malformed',
      `${root} has no "name" in projects[${index}].`,
      'Check that it is an index of PEP 691.',
    );
  });
}

async function fetchPage(url: URL, environment: Environment): Promise<ProjectPage | undefined> {
  const answer = await fetchJson(url, environment);
  return answer.status === 404 ? undefined : readPage(pageJson(answer), url.href);
}

/** An answer of status 200 or 404. */
async function fetchJson(url: URL, environment: Environment): Promise<HttpAnswer> {
  const { result } = await withRetries(environment, async () => {
    const answer = await request({
      url,
      headers: { accept: ACCEPT },
      limits: { timeoutMs: PAGE_TIMEOUT_MS, maxBytes: MAX_PAGE_BYTES },
      adviceIfUnreachable: 'Check the URL and the network, then run the same command again.',
    });
    if (answer.status === 200 || answer.status === 404) return answer;
    throw refusal(answer);
  });
  return result;
}

function refusal({ status, url, headers }: HttpAnswer): CliError {
  const detail = `${url} answered ${status}.`;
  return status === 429 || status >= 500
    ? new BusyError(detail, 'Run the same command again later.', retryAfterMs(headers))
    : new CliError('source-missing', detail, 'Check the URL, and that the index lets you read it.');
}

function pageJson({ url, headers, text }: HttpAnswer): Json {
  if (!(headers.get('content-type') ?? '').includes('html')) return parseJson(text, url.href);
  throw new CliError(
    'page-malformed',
    `${url} answers in HTML though asked for ${ACCEPT}.`,
    'Give an index that serves the JSON form of PEP 691.',
  );
}
