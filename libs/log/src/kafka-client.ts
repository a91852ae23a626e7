// How a broker is reached, and what its errors mean here.

import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
// A CommonJS module, whose exports Node knows as one.
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import { LogError } from './errors.js';
import { mendRequestQueues } from './kafka-request-queue.js';

mendRequestQueues();

/** Longest wait for a connection, and for the answer to a request, in milliseconds. */
const CONNECTION_LIMIT_MS = 3_000;
const REQUEST_LIMIT_MS = 10_000;
/** How long a connection is idle before the system asks whether the other side is still there, in milliseconds. */
const KEEP_ALIVE_MS = 60_000;
/** Retries inside of kafkajs, which only find a broker that answers among several: all else is tried again by who asked. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000 };

/** A user name and password, and how they are told (RFC 4616, RFC 5802). */
export interface KafkaLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaSettings {
  /** Some brokers of the cluster, `host:port`. */
  readonly brokers: readonly string[];
  /** What the brokers' own logs and quotas call this client. */
  readonly clientId: string;
  /** TLS, with the certificates (PEM) of the authorities to trust where they are not the system's. */
  readonly tls?: { readonly ca?: string };
  readonly login?: KafkaLogin;
  /** Longest wait for the answer to a request, in milliseconds. */
  readonly requestLimitMs?: number;
}

/** One client of a broker, whose connections can be broken off at once. */
export class KafkaClient {
  readonly config: KafkaConfig;
  readonly kafka: Kafka;
  readonly #sockets = new Set<Socket>();
  #lost = false;

  constructor(settings: KafkaSettings) {
    const { brokers, clientId, tls, login, requestLimitMs = REQUEST_LIMIT_MS } = settings;
    this.config = {
      brokers: [...brokers],
      clientId,
      connectionTimeout: CONNECTION_LIMIT_MS,
      authenticationTimeout: CONNECTION_LIMIT_MS,
      requestTimeout: requestLimitMs,
      retry: { ...RETRY, retries: brokers.length - 1 },
      socketFactory: wanted => this.#connect(wanted),
      logLevel: kafkajs.logLevel.NOTHING,
      logCreator: () => () => undefined,
      ...(tls && { ssl: tls.ca === undefined ? true : { ca: tls.ca } }),
      ...(login && { sasl: { ...login } as NonNullable<KafkaConfig['sasl']> }),
    };
    this.kafka = new kafkajs.Kafka(this.config);
  }

  /** Whether a connection has ended since this client was made. kafkajs makes another without telling. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** Breaks all connections off: nothing more is sent or received. */
  destroy(): void {
    // With an error, or kafkajs would wait until its requests time out.
    for (const socket of this.#sockets) socket.destroy(new Error('The connection was broken off.'));
  }

  #connect({ host, port, ssl, onConnect }: Parameters<NonNullable<KafkaConfig['socketFactory']>>[0]): Socket {
    const socket = ssl
      ? connectSecurely({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connectPlainly({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#lost = true;
      this.#sockets.delete(socket);
    });
    return socket;
  }
}

/** What the brokers call errors that stay until somebody changes rights or settings. */
const DENIED = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED'];
const MISSHAPEN = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'POLICY_VIOLATION',
  'INVALID_TOPIC_EXCEPTION',
];

/** `error` as an error of the log; `doing` begins the sentence, such as "Reading topic x". */
export function asKafkaError(error: unknown, doing: string): LogError {
  if (error instanceof LogError) return error;
  const detail = `${doing} failed: ${messageOf(error)}.`;
  const type = typeOf(error);
  if (type !== undefined && DENIED.includes(type))
    return new LogError('log-denied', detail, { cause: error });
  if (type !== undefined && MISSHAPEN.includes(type))
    return new LogError('log-shape', detail, { cause: error });
  return new LogError('log-unavailable', detail, { cause: error });
}

/** The broker's own name of an error, e.g. `OFFSET_OUT_OF_RANGE`; kafkajs wraps errors in errors. */
export function typeOf(error: unknown): string | undefined {
  for (let cause = error as { type?: string; name?: string; cause?: unknown } | undefined; cause; ) {
    if (cause.name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED';
    if (cause.type !== undefined) return cause.type;
    cause = cause.cause as typeof cause;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
