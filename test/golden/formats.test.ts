// The examples of the documents, computed again. To write them anew: TUF_LEDGER_GOLDEN=write npx vitest run test/golden

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { examples } from './format-examples.js';
import { publishingExamples } from './publishing-examples.js';

const PAGES = { 'docs/formats.md': examples(), 'docs/publishing.md': publishingExamples() };
const BLOCK = /^```(\w+) example=([a-z0-9-]+)\n([\s\S]*?)^```$/gm;

describe.each(Object.entries(PAGES))('%s', (name, computed) => {
  const page = new URL(`../../${name}`, import.meta.url);

  if (process.env.TUF_LEDGER_GOLDEN === 'write') {
    const written = readFileSync(page, 'utf8').replace(
      BLOCK,
      (_block, language: string, example: string) =>
        `\`\`\`${language} example=${example}\n${computed[example]}\n\`\`\``,
    );
    writeFileSync(page, written);
  }

  const shown = new Map<string, string>();
  for (const [, , example, text] of readFileSync(page, 'utf8').matchAll(BLOCK)) shown.set(example!, text!);

  it('shows every example', () => {
    expect([...shown.keys()].sort()).toEqual(Object.keys(computed).sort());
  });

  it.each(Object.keys(computed))('shows in the example %s what the code makes', example => {
    expect(shown.get(example)).toBe(`${computed[example]}\n`);
  });
});
