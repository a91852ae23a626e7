// A broker that is reached by TLS, with a certificate of an authority of its own.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeWithKafka } from '../../../test/cluster/describe-with-kafka.js';
import type { BrokerNode } from '../../../test/cluster/kafka-broker.js';
import { createKafkaTopic, KafkaLog, type KafkaSettings } from '../src/index.js';
import { bytes, text } from './log.contract.js';

const ALL = { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 };
const topic = 'secured';

interface Pair {
  readonly key: string;
  readonly certificate: string;
}

/** A key, and a certificate of it that it has signed itself (PEM). */
function makePair(): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'tuf-ledger-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const pair = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

/** TLS between clients and the broker, and between brokers. */
function secured({ key, certificate }: Pair, { port, controllerPort }: BrokerNode): Record<string, string> {
  const inOneLine = (pem: string) => pem.trim().replaceAll('\n', '\\n');
  return {
    listeners: `SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `SSL://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'SSL:SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': inOneLine(key),
    'ssl.keystore.certificate.chain': inOneLine(certificate),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': inOneLine(certificate),
  };
}

describeWithKafka('a broker that is reached by TLS', brokers => {
  const pair = makePair();
  let plain: KafkaSettings;

  beforeAll(async () => {
    const broker = await brokers.start(node => secured(pair, node));
    plain = { brokers: [broker.address], clientId: 'test', requestLimitMs: 3_000 };
  });

  test('takes and gives values, if its authority is trusted', async () => {
    const settings = { ...plain, tls: { ca: pair.certificate } };
    await createKafkaTopic(settings, topic);
    const log = await KafkaLog.open(settings, { topic });
    await log.append([bytes('a')]);
    expect((await log.read(0, { ...ALL, waitMs: 5_000 })).map(text)).toEqual(['a']);
    await log.close();
  });

  test.each([
    ['an authority that the system does not know', () => ({ tls: {} })],
    ['another authority', () => ({ tls: { ca: makePair().certificate } })],
    ['no TLS', () => ({})],
  ])('is not talked to with %s', async (_, tls) => {
    await expect(KafkaLog.open({ ...plain, ...tls() }, { topic })).rejects.toMatchObject({
      code: 'log-unavailable',
      retryable: true,
    });
  });
});
