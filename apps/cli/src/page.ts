// A project's page of a simple index (PEP 691 JSON) as events of the ledger. Pure: no file, no network, no clock.
//
//   page    {"meta":{"api-version":"1.x"},"name":NAME,"files":[FILE,...]}
//   FILE    {"filename","size","hashes":{"sha256",..},"upload-time"?,"requires-python"?,"yanked"?,"core-metadata"?}
//
// A file becomes `file.uploaded`, with `file.yanked` directly after it where the page says so. A file that can be no target is
// reported and left out; a field that the ledger would refuse, but that a file is fetched and verified without, is left out
// and noted.

import {
  decodeEvent,
  eventJson,
  type FileUploaded,
  type FileYanked,
  type Hashes,
  isProjectName,
  pathFault,
} from '#ledger';
import { isJsonObject, type Json, type JsonObject } from '#tuf';
import { CliError } from './errors.js';
import { normalizeProject, releaseOf } from './release.js';
import { cleanReason } from './yank-reason.js';

/** A file of a page as the events that say it; `path` is its target's. */
export interface IndexFile {
  readonly path: string;
  readonly upload: FileUploaded;
  readonly yank?: FileYanked;
}

/** A remark on one file: why it was left out, or what was changed of it. `code` is stable, `detail` for people. */
export interface FileRemark {
  readonly project: string;
  readonly filename: string;
  readonly code: string;
  readonly detail: string;
}

export interface ProjectPage {
  /** In the normal form of PEP 503. */
  readonly project: string;
  /** In the page's order. */
  readonly files: readonly IndexFile[];
  /** Files that can be no targets. */
  readonly skipped: readonly FileRemark[];
  /** Files of which something was cleaned or left out. */
  readonly altered: readonly FileRemark[];
}

const API_VERSION = /^1\.\d+$/;
/**
 * The events of a page.
 * @param source the file or URL of the page, for messages.
 * @throws CliError `page-malformed` where it is no project's page of PEP 691, version 1.
 */
export function readPage(json: Json, source: string): ProjectPage {
  const { name, files } = pageFields(json, source);
  const project = normalizeProject(name);
  if (!isProjectName(project))
    throw malformed(source, `has the name ${JSON.stringify(name)}, which is no project's name`);
  const read = files.map((file, index) => readFile(file, index, project));
  return {
    project,
    files: read.flatMap(({ file }) => file ?? []),
    skipped: read.flatMap(({ skipped }) => skipped ?? []),
    altered: read.flatMap(({ altered }) => altered ?? []),
  };
}

function pageFields(json: Json, source: string): { name: string; files: readonly Json[] } {
  if (!isJsonObject(json)) throw malformed(source, 'is not a JSON object');
  const version = isJsonObject(json.meta ?? null) ? (json.meta as JsonObject)['api-version'] : undefined;
  if (typeof version !== 'string' || !API_VERSION.test(version)) {
    throw malformed(
      source,
      `has the "api-version" ${JSON.stringify(version) ?? '(none)'} in "meta", and 1.x is needed`,
    );
  }
  if (Array.isArray(json.projects)) throw malformed(source, 'is an index of projects, not one project');
  const { name, files } = json;
  if (typeof name !== 'string') throw malformed(source, 'has no "name"');
  if (!Array.isArray(files)) throw malformed(source, 'has no list of "files"');
  return { name, files };
}

function malformed(source: string, fault: string): CliError {
  return new CliError(
    'page-malformed',
    `${source} ${fault}.`,
    "Give a project's page in the JSON form of PEP 691, or the URL of a simple index that serves it.",
  );
}

interface ReadFile {
  readonly file?: IndexFile;
  readonly skipped?: FileRemark;
  readonly altered?: readonly FileRemark[];
}

function readFile(json: Json, index: number, project: string): ReadFile {
  const entry = isJsonObject(json) ? json : {};
  const named = typeof entry.filename === 'string';
  const filename = named ? (entry.filename as string) : `files[${index}]`;
  const remark = (code: string, detail: string): FileRemark => ({ project, filename, code, detail });
  if (!named) return { skipped: remark('filename-missing', 'the entry has no "filename"') };
  const hashes = knownHashes(entry.hashes);
  if (!hashes) return { skipped: remark('sha256-missing', 'the page gives no SHA-256 hash of it') };
  if (!Number.isSafeInteger(entry.size))
    return { skipped: remark('size-missing', 'the page does not give its size in bytes') };
  const path = `${project}/${filename}`;
  const pathProblem = pathFault(path);
  if (pathProblem) return { skipped: remark(pathProblem.code, pathProblem.detail) };

  const { fields, altered } = describingFields(entry);
  const release = releaseOf(filename, project);
  const upload: FileUploaded = {
    type: 'file.uploaded',
    project,
    ...(release !== undefined && { release }),
    filename,
    length: entry.size as number,
    hashes,
    ...fields,
  };
  const decoded = decodeEvent(eventJson(upload));
  if ('rejection' in decoded) return { skipped: remark(decoded.rejection.code, decoded.rejection.detail) };
  const { yank, cleaned } = yankOf(entry.yanked, project, filename);
  return {
    file: { path, upload, ...(yank && { yank }) },
    altered: [...altered, ...cleaned].map(([code, detail]) => remark(code, detail)),
  };
}

/** The hashes that a target can have (others make clients fail), or undefined where SHA-256 is not among them. */
function knownHashes(json: Json | undefined): Hashes | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const { sha256, sha512 } = json;
  if (typeof sha256 !== 'string') return undefined;
  return {
    sha256: sha256.toLowerCase(),
    ...(typeof sha512 === 'string' && { sha512: sha512.toLowerCase() }),
  };
}

/** What was changed of a file: code and detail. */
type Alteration = readonly [code: string, detail: string];

type DescribingFields = Pick<FileUploaded, 'uploadTime' | 'requiresPython' | 'coreMetadata'>;

/** The fields that describe a file but do not identify it. One that the ledger would refuse is left out and noted. */
function describingFields(entry: JsonObject): { fields: DescribingFields; altered: readonly Alteration[] } {
  const altered: Alteration[] = [];
  const time = entry['upload-time'] ?? undefined;
  const timed = typeof time === 'string' && isAccepted({ uploadTime: time });
  if (time !== undefined && !timed)
    altered.push(['upload-time-dropped', `its "upload-time" is ${JSON.stringify(time)}`]);
  const python = entry['requires-python'] || undefined;
  const usable = typeof python === 'string' && isAccepted({ requiresPython: python });
  if (python !== undefined && !usable)
    altered.push(['requires-python-dropped', 'its "requires-python" is no short plain text']);
  const coreMetadata = coreMetadataOf(entry['core-metadata'] ?? entry['dist-info-metadata']);
  const fields: DescribingFields = {
    ...(timed && { uploadTime: time }),
    ...(usable && { requiresPython: python }),
    ...(coreMetadata && { coreMetadata }),
  };
  return { fields, altered };
}

/** Whether the ledger takes describing fields; asked of its own decoder, so that there is one rule. */
function isAccepted(fields: DescribingFields): boolean {
  const probe: FileUploaded = {
    type: 'file.uploaded',
    length: 0,
    hashes: { sha256: '0'.repeat(64) },
    ...fields,
  };
  return !('rejection' in decodeEvent(eventJson(probe)));
}

/** PEP 714: `true`, or the hashes of the metadata file; hashes of other kinds say no more than `true`. */
function coreMetadataOf(json: Json | undefined): true | Hashes | undefined {
  if (json === true) return true;
  if (json === undefined || !isJsonObject(json)) return undefined;
  return knownHashes(json) ?? true;
}

/** PEP 691: `yanked` is a reason, or whether the file is yanked; empty text is no. */
function yankOf(
  yanked: Json | undefined,
  project: string,
  filename: string,
): { yank?: FileYanked; cleaned: readonly Alteration[] } {
  if (yanked === true) return { yank: { type: 'file.yanked', project, filename }, cleaned: [] };
  if (typeof yanked !== 'string' || yanked === '') return { cleaned: [] };
  const reason = cleanReason(yanked);
  return {
    yank: { type: 'file.yanked', project, filename, reason },
    cleaned:
      reason === yanked
        ? []
        : [['reason-cleaned', 'the reason of its yank was brought into the form that the ledger takes']],
  };
}
