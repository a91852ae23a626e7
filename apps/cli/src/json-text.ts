// JSON from files and servers, with the place of the first fault where it is none. Node's own parser tells the place in some
// of its messages only, so the fault is looked for by a second, slower reading that runs only after the first has failed.

import type { Json } from '#tuf';
import { CliError } from './errors.js';

/**
 * The JSON value that `text` is; a byte order mark before it is ignored.
 * @param source the file or URL that the text came from, for the message.
 * @param line the line of `source` that the text begins at, from 1.
 * @throws CliError `json-malformed`, with line and column.
 */
export function parseJson(text: string, source: string, line = 1): Json {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return JSON.parse(body) as Json;
  } catch {
    const offset = faultOffset(body);
    const before = body.slice(0, offset).split('\n');
    const found =
      offset >= body.length ? 'ends too early' : `has an unexpected ${JSON.stringify(body[offset])}`;
    throw new CliError(
      'json-malformed',
      `${source} is not JSON: it ${found} at line ${line + before.length - 1}, column ${before.at(-1)!.length + 1}.`,
      'Correct that place, or fetch the file again if it was cut off.',
    );
  }
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may stand at a place: a value, a value or `]`, a name, a name or `}`, `:`, or what follows a value. */
type Expected = 'value' | 'first-item' | 'name' | 'first-name' | 'colon' | 'after-value';

/** Where the first token begins that the grammar of JSON (RFC 8259) does not allow; the text's length if it just ends. */
function faultOffset(text: string): number {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  for (;;) {
    offset += lengthAt(SPACE, text, offset);
    if (offset >= text.length) return text.length;
    const character = text[offset]!;
    const scalar = lengthAt(SCALAR, text, offset);
    const next = step(expected, character, scalar > 0, open);
    if (!next) return offset;
    expected = next;
    offset += scalar || 1;
  }
}

function lengthAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** What is expected after the token that begins with `character`, or undefined where it is out of place. Keeps `open` up to date. */
function step(
  expected: Expected,
  character: string,
  scalar: boolean,
  open: ('[' | '{')[],
): Expected | undefined {
  switch (expected) {
    case 'colon':
      return character === ':' ? 'value' : undefined;
    case 'name':
    case 'first-name':
      if (character === '"' && scalar) return 'colon';
      return character === '}' && expected === 'first-name' ? close(open) : undefined;
    case 'after-value':
      if (character === ',' && open.length > 0) return open.at(-1) === '[' ? 'value' : 'name';
      return character === (open.at(-1) === '[' ? ']' : '}') && open.length > 0 ? close(open) : undefined;
    case 'value':
    case 'first-item':
      if (scalar) return 'after-value';
      if (character === ']' && expected === 'first-item') return close(open);
      if (character !== '[' && character !== '{') return undefined;
      open.push(character);
      return character === '[' ? 'first-item' : 'first-name';
  }
}

function close(open: ('[' | '{')[]): Expected {
  open.pop();
  return 'after-value';
}
