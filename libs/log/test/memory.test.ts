import { MemoryLog, MemoryTopic } from '../src/index.js';
import { describeLog } from './log.contract.js';

describeLog('memory', async () => {
  const topic = new MemoryTopic();
  return { open: async () => new MemoryLog(topic), dispose: async () => {} };
});
