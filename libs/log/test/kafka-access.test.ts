// A broker that knows its clients by name and password, and lets each do what it may.

import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { beforeAll, expect, test } from 'vitest';
import { describeWithKafka } from '../../../test/cluster/describe-with-kafka.js';
import type { BrokerNode } from '../../../test/cluster/kafka-broker.js';
import { createKafkaTopic, KafkaLog, type KafkaSettings } from '../src/index.js';
import { bytes, text } from './log.contract.js';

const ALL = { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 };
const DENIED = { code: 'log-denied', retryable: false };
const { READ, DESCRIBE, DESCRIBE_CONFIGS, WRITE } = AclOperationTypes;
const USERS = ['admin', 'reader', 'writer', 'stranger'];

/** SASL/PLAIN on the clients' listener, and Kafka's own authorizer: nobody but "admin" may do anything that is not granted. */
function guarded({ port, controllerPort }: BrokerNode): Record<string, string> {
  const users = USERS.map(user => `user_${user}="${user}-password"`).join(' ');
  return {
    listeners: `SASL_PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `SASL_PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="admin-password" ${users};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The controller's listener, which only brokers reach, knows no names.
    'super.users': 'User:admin;User:ANONYMOUS',
  };
}

describeWithKafka('a broker that asks who comes', brokers => {
  const topic = 'guarded';
  let address: string;

  const as = (username: string, password = `${username}-password`): KafkaSettings => ({
    brokers: [address],
    clientId: username,
    login: { mechanism: 'plain', username, password },
  });

  async function grant(user: string, operations: readonly AclOperationTypes[]): Promise<void> {
    const sasl = { mechanism: 'plain', username: 'admin', password: 'admin-password' } as const;
    const admin = new Kafka({ brokers: [address], sasl, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const acl = operations.map(operation => ({
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    }));
    await admin.createAcls({ acl });
    await admin.disconnect();
  }

  beforeAll(async () => {
    address = (await brokers.start(guarded)).address;
    await createKafkaTopic(as('admin'), topic);
    await grant('reader', [READ, DESCRIBE, DESCRIBE_CONFIGS]);
    await grant('writer', [READ, DESCRIBE, DESCRIBE_CONFIGS, WRITE]);
  });

  test('is written to by those who may, and read by those who may no more', async () => {
    const writer = await KafkaLog.open(as('writer'), { topic });
    await writer.append([bytes('a')]);
    const reader = await KafkaLog.open(as('reader'), { topic });
    expect((await reader.read(0, ALL)).map(text)).toEqual(['a']);
    await expect(reader.append([bytes('b')])).rejects.toMatchObject(DENIED);
    expect((await writer.read(0, ALL)).map(text)).toEqual(['a']);
    await Promise.all([writer.close(), reader.close()]);
  });

  test.each([
    ['a wrong password', () => as('writer', 'guessed')],
    ['a name without rights', () => as('stranger')],
  ])('is not opened with %s', async (_, settings) => {
    await expect(KafkaLog.open(settings(), { topic })).rejects.toMatchObject(DENIED);
  });

  test('has its topic opened by one who may not make topics, and says to him that he may not make others', async () => {
    await createKafkaTopic(as('writer'), topic);
    await expect(createKafkaTopic(as('writer'), 'another')).rejects.toMatchObject(DENIED);
  });
});
