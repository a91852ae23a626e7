import { expect, it } from 'vitest';
import { readEvents } from '../src/event-list.js';

const A = { type: 'file.removed', project: 'p', filename: 'a' };
const B = { type: 'cut', state: 2, at: 1 };

it.each([
  ['an array', JSON.stringify([A, B]), [A, B]],
  ['one event', JSON.stringify(A, null, 2), [A]],
  ['JSON lines', `${JSON.stringify(A)}\n\n${JSON.stringify(B)}\n`, [A, B]],
  ['one line', `${JSON.stringify(A)}\n`, [A]],
])('reads %s', (_form, text, events) => {
  expect(readEvents(text, 'e.json')).toEqual(events);
});

it.each([
  ['[]', 'events-malformed', 'e.json holds no event'],
  ['[1]', 'events-malformed', 'no object as event 0'],
  ['[{"type":"cut"},{"type":7}]', 'events-malformed', 'no string "type" in event 1'],
  ['{"type":"x","a":[{"b":1.5}]}', 'events-malformed', 'the number 1.5 at "a.0.b" of event 0'],
  ['{"type":"x","a":9007199254740993}', 'events-malformed', 'at "a" of event 0'],
  ['{"type":"x"}\n{"type":}\n', 'json-malformed', 'line 2, column 9'],
  ['[{"type":"x"},\n{]', 'json-malformed', 'line 2, column 2'],
])('refuses %s', (text, code, message) => {
  expect(() => readEvents(text, 'e.json')).toThrow(expect.objectContaining({ code }));
  expect(() => readEvents(text, 'e.json')).toThrow(message);
});
