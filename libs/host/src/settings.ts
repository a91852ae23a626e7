// Reads the settings of a process from its environment. Faults are kept until every setting has been read, so that whoever starts
// the process learns of all of them in one go. A setting that is empty counts as absent.

import { readFileSync } from 'node:fs';
import { HostError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What `read` makes of an environment.
 * @throws HostError `config-invalid` that names every setting that is missing or wrong, with what it must be.
 */
export function readSettings<T>(environment: Environment, read: (settings: Settings) => T): T {
  const settings = new Settings(environment);
  const values = read(settings);
  if (settings.faults.length > 0) throw new HostError('config-invalid', settings.faults.join(' '));
  return values;
}

/** Settings by their names. What is wrong becomes a fault, and a stand-in goes on in its place, which nobody gets to see. */
export class Settings {
  readonly faults: string[] = [];

  constructor(private readonly environment: Environment) {}

  /** The text of a setting; undefined where it is absent. */
  optional(name: string): string | undefined {
    return this.environment[name] || undefined;
  }

  /** A setting that has to be there; `what` says what it must be. */
  required(name: string, what: string): string {
    const text = this.optional(name);
    if (text === undefined) this.faults.push(`${name} is missing; it must be ${what}.`);
    return text ?? '';
  }

  text(name: string, fallback: string): string {
    return this.optional(name) ?? fallback;
  }

  /** A whole number from `min` to `max`. */
  integer(
    name: string,
    {
      min,
      max,
      fallback,
    }: { readonly min: number; readonly max: number; readonly fallback: number | string },
  ): number {
    const text = this.text(name, String(fallback));
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.faults.push(`${name} is "${text}"; it must be a whole number from ${min} to ${max}.`);
    return min;
  }

  /** One of `choices`. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.text(name, fallback);
    const found = choices.find(choice => choice === text);
    if (found === undefined) this.faults.push(`${name} is "${text}"; it must be ${choices.join(' or ')}.`);
    return found ?? fallback;
  }

  /** The content of the file that a setting names; undefined where the setting is absent. */
  file(name: string): string | undefined {
    const path = this.optional(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      this.faults.push(`${name} names ${path}, which can't be read: ${(error as Error).message}.`);
      return undefined;
    }
  }

  /** A secret: the setting itself, or the first line of the file that the setting `<name>_FILE` names. */
  secret(name: string): string | undefined {
    const fileName = `${name}_FILE`;
    const [direct, path] = [this.optional(name), this.optional(fileName)];
    if (direct !== undefined && path !== undefined)
      this.faults.push(`${name} and ${fileName} are both set; set one of them.`);
    return path === undefined ? direct : this.firstLine(fileName, path);
  }

  private firstLine(name: string, path: string): string | undefined {
    const line = this.file(name)?.split(/\r?\n/, 1)[0];
    if (line === '')
      this.faults.push(`${name} names ${path}, whose first line is empty; it must hold the secret.`);
    return line;
  }
}
