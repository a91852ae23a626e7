import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { databaseSettings, type Environment, logTarget, projectorSettings, readSettings } from '#host';

const folder = mkdtempSync(join(tmpdir(), 'tuf-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const SECRET = 'hunter2';
const NAME = 'ab'.repeat(32);
const ledgerFile = fileOf('ledger.json', JSON.stringify({ ledger: NAME, opened: { type: 'ledger.opened' } }));
const secretFile = fileOf('secret', `${SECRET}\n`);

const target = (environment: Environment) => readSettings(environment, logTarget);
const database = (environment: Environment) => readSettings(environment, databaseSettings);

/** What is wrong with an environment; never with a password in it. */
function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    const { message } = error as Error;
    expect(error).toMatchObject({ code: 'config-invalid' });
    expect(message).not.toContain(SECRET);
    return message;
  }
  return '';
}

describe('the settings of a projector', () => {
  const make = () => [];
  const plan = () => make;
  const good = {
    TUF_LEDGER_FILE: ledgerFile,
    TUF_LEDGER_LOG: 'kafka://localhost:9092/index',
    TUF_LEDGER_DATABASE: 'postgres://tuf@localhost/tuf',
  };

  it('are the ledger, an address, the log and the projections', () => {
    expect(projectorSettings(good, 'root', plan)).toEqual({
      file: { ledger: NAME, opened: { type: 'ledger.opened' } },
      address: { host: '127.0.0.1', port: 8461 },
      target: { kind: 'kafka', brokers: ['localhost:9092'], topic: 'index' },
      at: { url: 'postgres://tuf@localhost/tuf', prefix: 'tuf' },
      make,
    });
  });

  it('are all missed at once', () => {
    const fault = faultOf(() => projectorSettings({ PORT: 'x', TUF_LEDGER_SCHEMA: 'Tuf;' }, 'root', plan));
    for (const name of ['TUF_LEDGER_FILE', 'TUF_LEDGER_LOG', 'TUF_LEDGER_DATABASE'])
      expect(fault).toContain(`${name} is missing; it must be`);
    expect(fault).toContain('PORT is "x"');
    expect(fault).toContain('TUF_LEDGER_SCHEMA is "Tuf;"');
  });

  it.each([
    ['no file', join(folder, 'missing'), "can't be read"],
    ['no JSON', fileOf('text', 'hello'), 'is not a ledger.json'],
    ['another JSON', fileOf('other', '{"ledger":"x"}'), 'is not a ledger.json'],
    ['null', fileOf('null', 'null'), 'is not a ledger.json'],
  ])('have a ledger.json, and not %s', (_, path, fault) => {
    expect(faultOf(() => projectorSettings({ ...good, TUF_LEDGER_FILE: path }, 'root', plan))).toContain(
      fault,
    );
  });
});

describe('the log', () => {
  it('in Kafka has brokers and a topic', () => {
    expect(target({ TUF_LEDGER_LOG: 'kafka://a:1,b.example:9093/some.topic_1-x' })).toEqual({
      kind: 'kafka',
      brokers: ['a:1', 'b.example:9093'],
      topic: 'some.topic_1-x',
    });
  });

  it.each([
    'kafka://a/topic',
    'kafka://a:9092',
    'kafka://a:9092/',
    'kafka://a:99999/topic',
    'kafka://a:0/topic',
    'kafka://a:9092,/topic',
    'kafka://a:9092/topic/more',
    'kafka://a:9092/topic?x=1',
    'kafka://a:9092/no topic',
    `kafka://user:${SECRET}@a:9092/topic`,
    `http://user:${SECRET}@host/database`,
    `postgres://user:${SECRET}@host`,
    `postgres://user:${SECRET}@host:99999/database`,
    `postgres://user:${SECRET}%@host/database`,
    `postgres://host/database?schema=Tuf${SECRET}`,
    'hello',
  ])('is not %s', text => {
    expect(faultOf(() => target({ TUF_LEDGER_LOG: text }))).toMatch(/^TUF_LEDGER_LOG is not of the form/);
  });

  it('in Kafka may ask for TLS and a login', () => {
    const ca = fileOf('ca.pem', 'CERTIFICATE');
    const log = { TUF_LEDGER_LOG: 'kafka://a:1/t', TUF_LEDGER_KAFKA_TLS: 'on' };
    expect(target(log)).toMatchObject({ tls: {} });
    expect(target({ ...log, TUF_LEDGER_KAFKA_CA_FILE: ca })).toMatchObject({ tls: { ca: 'CERTIFICATE' } });
    const login = { TUF_LEDGER_KAFKA_SASL: 'scram-sha-512', TUF_LEDGER_KAFKA_USER: 'gateway' };
    for (const password of [
      { TUF_LEDGER_KAFKA_PASSWORD: SECRET },
      { TUF_LEDGER_KAFKA_PASSWORD_FILE: secretFile },
    ])
      expect(target({ ...log, ...login, ...password })).toMatchObject({
        login: { mechanism: 'scram-sha-512', username: 'gateway', password: SECRET },
      });
  });

  it('in Kafka is told of every fault of its login and TLS at once', () => {
    const log = { TUF_LEDGER_LOG: 'kafka://a:1/t' };
    const fault = faultOf(() =>
      target({ ...log, TUF_LEDGER_KAFKA_SASL: 'plain', TUF_LEDGER_KAFKA_CA_FILE: secretFile }),
    );
    expect(fault).toContain('TUF_LEDGER_KAFKA_CA_FILE is set, but TUF_LEDGER_KAFKA_TLS is not "on"');
    expect(fault).toContain('TUF_LEDGER_KAFKA_USER is missing');
    expect(fault).toContain('TUF_LEDGER_KAFKA_PASSWORD_FILE is missing');
    expect(faultOf(() => target({ ...log, TUF_LEDGER_KAFKA_SASL: 'oauth' }))).toContain(
      'must be off or plain or scram-sha-256 or scram-sha-512',
    );
  });

  it.each([
    ['a user', { TUF_LEDGER_KAFKA_USER: 'gateway' }],
    ['a password', { TUF_LEDGER_KAFKA_PASSWORD: SECRET }],
    ['the file of a password', { TUF_LEDGER_KAFKA_PASSWORD_FILE: secretFile }],
  ])('in Kafka is not given %s that nobody would send', (_, login) => {
    expect(faultOf(() => target({ TUF_LEDGER_LOG: 'kafka://a:1/t', ...login }))).toContain(
      'but TUF_LEDGER_KAFKA_SASL is "off"',
    );
  });

  it('in Postgres has a schema, which the driver does not see', () => {
    const url = 'postgres://log:x@host:5433/db?sslmode=require&schema=other_log';
    const expected = { kind: 'postgres', url: 'postgres://log:x@host:5433/db?sslmode=require' };
    expect(target({ TUF_LEDGER_LOG: url })).toEqual({ ...expected, schema: 'other_log' });
    expect(target({ TUF_LEDGER_LOG: 'postgres://host/db' })).toMatchObject({ schema: 'tuf_log' });
  });

  it('in Postgres may have its password in a file', () => {
    const environment = {
      TUF_LEDGER_LOG: 'postgres://log@host/db',
      TUF_LEDGER_LOG_PASSWORD_FILE: fileOf('odd', 'a/b:c@d%e'),
    };
    const { url } = target(environment) as { url: string };
    expect(new pg.Client({ connectionString: url })).toMatchObject({ user: 'log', password: 'a/b:c@d%e' });
  });
});

describe('the database', () => {
  it('has its password in the URL or beside it', () => {
    const url = 'postgres://root@host:5433/tuf?sslmode=verify-full';
    expect(database({ TUF_LEDGER_DATABASE: url })).toEqual({ url, prefix: 'tuf' });
    const odd = fileOf('odd', 'a/b:c@d%e');
    const { url: full } = database({ TUF_LEDGER_DATABASE: url, TUF_LEDGER_DATABASE_PASSWORD_FILE: odd });
    expect(new pg.Client({ connectionString: full })).toMatchObject({
      host: 'host',
      port: 5433,
      user: 'root',
      password: 'a/b:c@d%e',
      database: 'tuf',
      ssl: {},
    });
  });

  it.each([`mysql://u:${SECRET}@h/d`, `postgres://u:${SECRET}@h`, `postgres://u:${SECRET}%zz@h/d`, SECRET])(
    'is not %s, which is not repeated',
    text => {
      expect(faultOf(() => database({ TUF_LEDGER_DATABASE: text }))).toMatch(
        /^TUF_LEDGER_DATABASE is not a URL/,
      );
    },
  );

  it('may be shared by ledgers that have prefixes of their own', () => {
    const url = 'postgres://h/d';
    expect(database({ TUF_LEDGER_DATABASE: url, TUF_LEDGER_SCHEMA: 'pypi_2' }).prefix).toBe('pypi_2');
    for (const prefix of ['Pypi', '2pypi', 'pypi-2', 'p'.repeat(32), 'a; DROP SCHEMA b'])
      expect(faultOf(() => database({ TUF_LEDGER_DATABASE: url, TUF_LEDGER_SCHEMA: prefix }))).toContain(
        'TUF_LEDGER_SCHEMA is',
      );
  });
});
