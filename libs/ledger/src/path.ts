// The path of a target: what clients look up, and what falls into a bin. Under the path rule `project-file` it is
// `<PEP 503 name>/<filename>`, wherever a mirror stores the file; under `free` it is any path of up to MAX_SEGMENTS segments.
// Refused are names that some client cannot fetch or that a server might read in two ways: `?` and `#` end a URL's path, `%`
// starts an escape in it, `\` is a separator to some, white space and control characters get lost.

import { hasLoneSurrogate, isStableText, utf8Length } from '#tuf';
import type { Rejection } from './rejection.js';

/** How a ledger names its targets; fixed when it is opened. */
export type PathRule = 'project-file' | 'free';

/** The longest path, in bytes of UTF-8. */
export const MAX_PATH_BYTES = 512;
/** The most segments of a path under the rule `free`; `bins` delegates a pattern for each number of them. */
export const MAX_SEGMENTS = 8;

// White space is spelt out: what `\s` means follows the runtime's Unicode version.
const FORBIDDEN = /[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff?#%\\]/;
/** What nearly every path is: up to MAX_SEGMENTS segments of plain ASCII, none of which begins with a dot. */
const PLAIN_PATH = /^[A-Za-z0-9_][A-Za-z0-9._+!-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._+!-]*){0,7}$/;
const PROJECT_FORM = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whether `name` is a project's name in its normal form (PEP 503): lower case, single hyphens between letters and digits. */
export function isProjectName(name: string): boolean {
  return PROJECT_FORM.test(name);
}

/** Why `path` can be no target's path, or undefined where it can. */
export function pathFault(path: string): Rejection | undefined {
  // Of ASCII a unit is a byte and normal form C; the rest of what is asked below stands in the pattern.
  if (path.length <= MAX_PATH_BYTES && PLAIN_PATH.test(path)) return undefined;
  if (path === '') return { code: 'path-empty', detail: 'a path needs at least one character' };
  if (hasLoneSurrogate(path))
    return { code: 'text-unstable', detail: 'a path must not have half a surrogate pair' };
  if (utf8Length(path) > MAX_PATH_BYTES) {
    return { code: 'path-too-long', detail: `a path has at most ${MAX_PATH_BYTES} bytes of UTF-8` };
  }
  if (path.startsWith('/')) return { code: 'path-absolute', detail: 'a path must not start with "/"' };
  const segments = path.split('/');
  if (segments.some(segment => segment === '' || segment === '.' || segment === '..')) {
    return { code: 'path-dots', detail: 'a path must not have empty, "." or ".." segments' };
  }
  if (segments.length > MAX_SEGMENTS) {
    return { code: 'path-too-deep', detail: `a path has at most ${MAX_SEGMENTS} segments` };
  }
  if (FORBIDDEN.test(path)) {
    return {
      code: 'path-character',
      detail: 'a path must not have white space, control characters, ? # % or \\',
    };
  }
  return isStableText(path)
    ? undefined
    : { code: 'text-unstable', detail: 'a path must be NFC text of assigned characters' };
}

/** The patterns by which `targets` hands all paths of a rule to `bins` (TUF 4.5: `*` does not cross `/`). */
export function allPathsPatterns(rule: PathRule): string[] {
  if (rule === 'project-file') return ['*/*'];
  return Array.from({ length: MAX_SEGMENTS }, (_, depth) =>
    Array(depth + 1)
      .fill('*')
      .join('/'),
  );
}
