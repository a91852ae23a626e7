import { KafkaLog, type LogEntry } from '#log';

const PAGE = { maxBytes: 1e8, maxEntries: 1e5, waitMs: 0 };

/** All values of a topic that holds a log, in order; `brokers` as `host:port,host:port`. */
export async function topicValues(brokers: string, topic: string): Promise<LogEntry[]> {
  const log = await KafkaLog.open({ brokers: brokers.split(','), clientId: 'test' }, { topic });
  const values: LogEntry[] = [];
  for (;;) {
    const more = await log.read((values.at(-1)?.offset ?? -1) + 1, PAGE);
    if (more.length === 0) break;
    values.push(...more);
  }
  await log.close();
  return values;
}
