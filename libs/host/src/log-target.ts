// Which log a service reads and appends to.
//
//     postgres://user:password@host:port/database?schema=tuf_log
//     kafka://host:port,host:port/topic
//
// What a Kafka cluster asks of its clients beside that stands in settings of its own: TLS, and who the client is.

import pg from 'pg';
import { createKafkaTopic, KafkaLog, type KafkaSettings, type Log, PostgresLog } from '#log';
import type { Settings } from './settings.js';

const SETTING = 'TUF_LEDGER_LOG';
const FORMS =
  'postgres://user:password@host:port/database?schema=tuf_log or kafka://host:port,host:port/topic';
const DEFAULT_SCHEMA = 'tuf_log';
const BROKER_FORM = /^[A-Za-z0-9._-]+:([0-9]{1,5})$/;
const MAX_PORT = 65_535;
const SCHEMA_FORM = /^[a-z_][a-z0-9_]{0,62}$/;
const TOPIC_FORM = /^[A-Za-z0-9._-]{1,249}$/;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** How long a connection to the log's Postgres may take to come about, in milliseconds. */
const CONNECT_LIMIT_MS = 10_000;

interface PostgresTarget {
  readonly kind: 'postgres';
  /** A `postgres://` URL. */
  readonly url: string;
  readonly schema: string;
}

interface KafkaTarget extends Omit<KafkaSettings, 'clientId'> {
  readonly kind: 'kafka';
  readonly topic: string;
}

export type LogTarget = PostgresTarget | KafkaTarget;

/** How a service opens its log. */
export interface LogClient {
  /** By what name the log's server knows this client. */
  readonly clientId: string;
  /** At most so many connections, where the log is in Postgres. */
  readonly connections: number;
}

/**
 * The log of a target; closing it ends its connections. A table is made where it is missing; a topic must be there.
 * @throws LogError `log-unavailable`, `log-shape`, `log-denied`.
 */
export async function openLog(target: LogTarget, client: LogClient): Promise<Log> {
  switch (target.kind) {
    case 'postgres':
      return openPostgresLog(target, client);
    case 'kafka':
      return KafkaLog.open({ ...target, clientId: client.clientId }, { topic: target.topic });
  }
}

/** The log of a target that a new ledger is opened on, made where it is missing. @throws LogError as `openLog`. */
export async function createLog(target: LogTarget, client: LogClient): Promise<Log> {
  if (target.kind === 'kafka') await createKafkaTopic({ ...target, clientId: client.clientId }, target.topic);
  return openLog(target, client);
}

async function openPostgresLog(
  { url, schema }: PostgresTarget,
  { clientId, connections }: LogClient,
): Promise<Log> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    application_name: clientId,
    keepAlive: true,
  });
  try {
    const log = await PostgresLog.open(pool, { schema });
    let ended: Promise<void> | undefined;
    return {
      append: values => log.append(values),
      read: (from, limit) => log.read(from, limit),
      bounds: () => log.bounds(),
      close: () => {
        ended ??= log.close().finally(() => pool.end());
        return ended;
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** The log that the settings name. */
export function logTarget(settings: Settings): LogTarget {
  const text = settings.required(SETTING, FORMS);
  const target = text.startsWith('kafka:') ? kafkaTarget(text, settings) : postgresTarget(text, settings);
  // The text may hold a password, so it is not repeated.
  if (target === undefined && text !== '') settings.faults.push(`${SETTING} is not of the form ${FORMS}.`);
  return target ?? { kind: 'postgres', url: '', schema: DEFAULT_SCHEMA };
}

function postgresTarget(text: string, settings: Settings): PostgresTarget | undefined {
  const url = postgresUrl(text, settings.secret(`${SETTING}_PASSWORD`));
  const schema = url?.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!url || !SCHEMA_FORM.test(schema)) return undefined;
  // The driver would take it for a parameter of its own.
  url.searchParams.delete('schema');
  return { kind: 'postgres', url: url.href, schema };
}

/** A `postgres://` URL that names a database, with `password` if that is given; undefined where the text is none. */
export function postgresUrl(text: string, password?: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  if (!isPostgres || url.pathname.length <= 1 || !isDecodable(url.username + url.password)) return undefined;
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url;
}

/** A "%" that begins no escape makes the drivers throw. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function kafkaTarget(text: string, settings: Settings): KafkaTarget | undefined {
  const security = { ...tlsOf(settings), ...loginOf(settings) };
  const [, hosts = '', topic = ''] = /^kafka:\/\/([^/]+)\/([^/?#]+)$/.exec(text) ?? [];
  const brokers = hosts.split(',');
  if (!brokers.every(isBroker) || !TOPIC_FORM.test(topic)) return undefined;
  return { kind: 'kafka', brokers, topic, ...security };
}

function isBroker(text: string): boolean {
  const port = Number(BROKER_FORM.exec(text)?.[1]);
  return port >= 1 && port <= MAX_PORT;
}

function tlsOf(settings: Settings): Pick<KafkaTarget, 'tls'> {
  const isOn = settings.choice('TUF_LEDGER_KAFKA_TLS', ['off', 'on'], 'off') === 'on';
  const ca = settings.file('TUF_LEDGER_KAFKA_CA_FILE');
  if (!isOn && ca !== undefined)
    settings.faults.push('TUF_LEDGER_KAFKA_CA_FILE is set, but TUF_LEDGER_KAFKA_TLS is not "on".');
  return isOn ? { tls: ca === undefined ? {} : { ca } } : {};
}

function loginOf(settings: Settings): Pick<KafkaTarget, 'login'> {
  const mechanism = settings.choice('TUF_LEDGER_KAFKA_SASL', ['off', ...MECHANISMS], 'off');
  const username = settings.optional('TUF_LEDGER_KAFKA_USER');
  const password = settings.secret('TUF_LEDGER_KAFKA_PASSWORD');
  if (mechanism === 'off') {
    if (username !== undefined || password !== undefined)
      settings.faults.push(
        'A user or password for Kafka is set (TUF_LEDGER_KAFKA_USER, TUF_LEDGER_KAFKA_PASSWORD), but TUF_LEDGER_KAFKA_SASL is "off".',
      );
    return {};
  }
  if (username === undefined)
    settings.faults.push('TUF_LEDGER_KAFKA_USER is missing; TUF_LEDGER_KAFKA_SASL needs a user.');
  if (password === undefined) {
    settings.faults.push(
      'TUF_LEDGER_KAFKA_PASSWORD_FILE is missing; TUF_LEDGER_KAFKA_SASL needs a password, there or in TUF_LEDGER_KAFKA_PASSWORD.',
    );
  }
  return { login: { mechanism, username: username ?? '', password: password ?? '' } };
}
