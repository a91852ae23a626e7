// A tail and a publisher over a log in memory that holds an opening.

import { Following, silentLog } from '#host';
import { type LogFaults, MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { signingKey } from '../../../test/fixtures/signing-key.js';
import { TestLedger } from '../../../test/fixtures/test-ledger.js';
import { LogTail } from '../src/log-tail.js';
import { Publisher } from '../src/publisher.js';

/** Short pauses, so that faults don't make tests slow. */
const LIMITS = {
  batchBytes: 1_048_576,
  batchEntries: 4_096,
  queuedBytes: 67_108_864,
  sends: 3,
  reads: 9,
  pauseMs: 0,
};

export async function memoryGateway(faults: LogFaults = {}) {
  const ledger = new TestLedger({ crypto: nativeCrypto });
  const topic = new MemoryTopic();
  topic.push([ledger.values[0]!]);
  const log = new MemoryLog(topic, faults, LIMITS);
  const parts = { ledger: ledger.ledger, log, crypto: nativeCrypto, report: silentLog };
  const tail = new LogTail({ ...parts, from: async () => undefined });
  const following = new Following([tail], parts);
  let failure: Error | undefined;
  following.start(error => {
    failure = error;
    tail.stop(error);
  });
  const stop = async () => {
    tail.stop();
    await following.stop();
  };
  const publisher = new Publisher(
    tail,
    { key: signingKey(ledger.keys.gateway), stream: 'main' },
    ledger.ledger,
  );
  return { ledger, topic, log, tail, publisher, stop, failure: () => failure };
}
