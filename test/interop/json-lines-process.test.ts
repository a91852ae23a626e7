import { afterEach, describe, expect, it } from 'vitest';
import { JsonLinesProcess, MAX_LINE_BYTES } from './json-lines-process.js';

describe('JsonLinesProcess', () => {
  let process_: JsonLinesProcess;
  afterEach(() => process_.close());

  /** A process that runs this JavaScript for each line; `line` is the message, `say` writes to stdout. */
  function processThat(onLine: string): JsonLinesProcess {
    const program = `const say = text => process.stdout.write(text);
      require('node:readline').createInterface({ input: process.stdin }).on('line', line => { ${onLine} });`;
    process_ = new JsonLinesProcess('the child', { file: process.execPath, args: ['-e', program] });
    return process_;
  }

  it('answers overlapping messages in their order', async () => {
    const child = processThat(`setTimeout(() => say(line + '\\n'), JSON.parse(line).delay)`);
    const messages = [{ delay: 60 }, { delay: 0 }, { delay: 20 }];
    expect(await Promise.all(messages.map(message => child.exchange(message)))).toEqual(messages);
  });

  it('tells how the process ended, and what it said last', async () => {
    const child = processThat(`console.error('out of luck'); process.exit(3)`);
    const died = 'the child has ended (exit code 3); its last words: out of luck';
    await expect(child.exchange({})).rejects.toThrow(died);
    await expect(child.exchange({})).rejects.toThrow(died);
  });

  it('tells that a program is not there', async () => {
    process_ = new JsonLinesProcess('the child', { file: 'no-such-program', args: [] });
    await expect(process_.exchange({})).rejects.toThrow('the child could not be started');
  });

  it('refuses an answer that is no JSON', async () => {
    await expect(processThat(`say('Traceback\\n')`).exchange({})).rejects.toThrow('no JSON: Traceback');
  });

  it('refuses lines above the bound, either way', async () => {
    const child = processThat(`say('"' + 'x'.repeat(${MAX_LINE_BYTES}))`);
    await expect(child.exchange({ text: 'x'.repeat(MAX_LINE_BYTES) })).rejects.toThrow('is longer than');
    await expect(child.exchange({})).rejects.toThrow('sent a line longer than');
  });
});
