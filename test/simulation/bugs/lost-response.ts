import type { Log } from '#log';
import type { Bug } from '../bug.js';

/** Of so many appends the response to one is lost. */
const APPENDS_PER_LOSS = 4;

/**
 * What kafkajs's idempotent producer does with two sends in flight and one lost response (DESIGN law 5): it acknowledges a value that
 * is not in the log, and writes the next one twice.
 */
export const lostResponse: Bug = {
  name: 'a lost response',
  breaks: ['what is acknowledged is kept'],
  log: log => {
    let appends = 0;
    const append: Log['append'] = async values => {
      appends++;
      if (appends % APPENDS_PER_LOSS === 2) {
        const { end } = await log.bounds();
        return values.map((_, i) => end + i);
      }
      if (appends % APPENDS_PER_LOSS === 3) await log.append(values);
      return log.append(values);
    };
    return {
      append,
      read: (from, limit) => log.read(from, limit),
      bounds: () => log.bounds(),
      close: () => log.close(),
    };
  },
};
