import type { LogTail } from '#apps/gateway/src/log-tail';
import type { Bug } from '../bug.js';

/** The gateway counts its records anew after each start, and takes a value that it has read back for a record. */
export const reusedSequence: Bug = {
  name: 'a sequence number used again',
  breaks: ['what is acknowledged is kept'],
  tail: tail => {
    const append = tail.append.bind(tail);
    const believing: LogTail['append'] = async values => {
      const fates = await append(values);
      return fates.map(fate => ('noise' in fate ? { position: tail.size - 1 } : fate));
    };
    const reading = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(tail), 'authority')!;
    const authority = () => {
      const known: LogTail['authority'] = reading.get!.call(tail);
      return known && { ...known, sequences: new Map() };
    };
    Object.defineProperty(tail, 'authority', { get: authority });
    Object.assign(tail, { append: believing });
  },
};
