// The examples of docs/formats.md, computed again. To write them anew: TUF_LEDGER_GOLDEN=write npx vitest run test/golden

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { examples } from './format-examples.js';

const PAGE = new URL('../../docs/formats.md', import.meta.url);
const BLOCK = /^```(\w+) example=([a-z0-9-]+)\n([\s\S]*?)^```$/gm;

const computed = examples();

if (process.env.TUF_LEDGER_GOLDEN === 'write') {
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(BLOCK, (_block, language: string, name: string) => {
    return `\`\`\`${language} example=${name}\n${computed[name]}\n\`\`\``;
  });
  writeFileSync(PAGE, written);
}

const shown = new Map<string, string>();
for (const [, , name, text] of readFileSync(PAGE, 'utf8').matchAll(BLOCK)) shown.set(name!, text!);

it('the page shows every example', () => {
  expect([...shown.keys()].sort()).toEqual(Object.keys(computed).sort());
});

it.each(Object.keys(computed))('the example %s is what the code makes', name => {
  expect(shown.get(name)).toBe(`${computed[name]}\n`);
});
