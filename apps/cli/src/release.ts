// The release that a distribution file belongs to, read from its name. Only where the name leaves no doubt: a wheel or a
// source archive whose first part is the project's name and whose version is one of PEP 440. A name such as
// `six-1.0.win32.exe` says a platform in the same place as the version, so nothing is said of it.

const NAME_SEPARATORS = /[-_.]+/g;
const SOURCE_ENDING = /\.(tar\.gz|tgz|tar\.bz2|zip)$/i;
/** A wheel's name has five parts, or six with a build tag (PEP 427). */
const WHEEL_PARTS = [5, 6];

/** Longer than any version in use; the ledger takes no more. In characters, which are all ASCII. */
const MAX_RELEASE_LENGTH = 128;

const PRE = '[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\\d*';
const POST = '-\\d+|[-_.]?(?:post|rev|r)[-_.]?\\d*';
const DEV = '[-_.]?dev[-_.]?\\d*';
const LOCAL = '\\+[a-z0-9]+(?:[-_.][a-z0-9]+)*';
const VERSION = new RegExp(
  `^v?(?:\\d+!)?\\d+(?:\\.\\d+)*(?:${PRE})?(?:${POST})?(?:${DEV})?(?:${LOCAL})?$`,
  'i',
);

/** A project's name in its normal form (PEP 503). */
export function normalizeProject(name: string): string {
  return name.replace(NAME_SEPARATORS, '-').toLowerCase();
}

/** The release as the name of a file of `project` (in normal form) spells it, or undefined where that is not certain. */
export function releaseOf(filename: string, project: string): string | undefined {
  const version = filename.endsWith('.whl')
    ? wheelVersion(filename, project)
    : sourceVersion(filename, project);
  if (version === undefined || version.length > MAX_RELEASE_LENGTH) return undefined;
  return VERSION.test(version) ? version : undefined;
}

function wheelVersion(filename: string, project: string): string | undefined {
  const parts = filename.slice(0, -'.whl'.length).split('-');
  const [name, version] = parts;
  return WHEEL_PARTS.includes(parts.length) && normalizeProject(name!) === project ? version : undefined;
}

// The hyphen between name and version is one of several if the name has hyphens; a name in normal form fits one of them at most.
function sourceVersion(filename: string, project: string): string | undefined {
  const stem = filename.replace(SOURCE_ENDING, '');
  if (stem === filename) return undefined;
  for (let hyphen = stem.indexOf('-'); hyphen >= 0; hyphen = stem.indexOf('-', hyphen + 1)) {
    if (normalizeProject(stem.slice(0, hyphen)) === project) return stem.slice(hyphen + 1);
  }
  return undefined;
}
