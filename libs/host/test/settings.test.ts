import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addressOf, type Environment, readSettings, type Settings } from '#host';

const folder = mkdtempSync(join(tmpdir(), 'tuf-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string): string {
  const path = join(folder, `secret-${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

/** What is wrong with an environment, for one who reads it so. */
function faultOf(environment: Environment, read: (settings: Settings) => unknown): string {
  try {
    readSettings(environment, read);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ name: 'HostError', code: 'config-invalid' });
    return (error as Error).message;
  }
}

describe('settings', () => {
  it('are told of in one go, whatever is wrong with each', () => {
    const fault = faultOf({ A: '70000', B: 'x', D: '/nowhere/at-all' }, settings => {
      settings.integer('A', { min: 0, max: 65_535, fallback: 1 });
      settings.choice('B', ['on', 'off'], 'on');
      settings.required('C', 'a name');
      settings.file('D');
    });
    expect(fault).toMatch(
      /^A is "70000"; it must be a whole number from 0 to 65535\. B is "x"; it must be on or off\. C is missing; it must be a name\. D names \/nowhere\/at-all, which can't be read: ENOENT/,
    );
  });

  it('count as absent where they are empty', () => {
    const environment = { A: '', HOST: '', PORT: '' };
    expect(faultOf(environment, settings => settings.required('A', 'a name'))).toContain('A is missing');
    const address = readSettings(environment, settings => addressOf(settings, { host: 'h', port: 7 }));
    expect(address).toEqual({ host: 'h', port: 7 });
  });

  it.each(['-1', '1.5', '1e3', ' 1', '0x10', '1000000000', 'NaN'])('take %j for no number', text => {
    const read = (settings: Settings) => settings.integer('A', { min: 0, max: 1e8, fallback: 0 });
    expect(faultOf({ A: text }, read)).toContain(`A is "${text}"`);
  });
});

describe('a secret', () => {
  const secret = (environment: Environment) => readSettings(environment, settings => settings.secret('S'));

  it('is the setting, or the first line of a file', () => {
    expect(secret({})).toBeUndefined();
    expect(secret({ S: 'open sesame' })).toBe('open sesame');
    for (const end of ['', '\n', '\r\n', '\nsecond line\n'])
      expect(secret({ S_FILE: fileOf(`open sesame${end}`) })).toBe('open sesame');
  });

  it('is not both, and not a file without one', () => {
    const fault = (environment: Environment) => faultOf(environment, settings => settings.secret('S'));
    expect(fault({ S: 'hidden', S_FILE: fileOf('hidden') })).toMatch(/^S and S_FILE are both set/);
    expect(fault({ S: 'hidden', S_FILE: fileOf('hidden') })).not.toContain('hidden');
    expect(fault({ S_FILE: join(folder, 'missing') })).toMatch(
      /^S_FILE names .*missing, which can't be read/,
    );
    const empty = fileOf('\nhidden');
    expect(fault({ S_FILE: empty })).toBe(
      `S_FILE names ${empty}, whose first line is empty; it must hold the secret. Correct the setting and start again.`,
    );
  });
});
