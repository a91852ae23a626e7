export { APPENDER_LIMITS, type AppenderLimits } from './appender.js';
export { LogError, type LogErrorCode } from './errors.js';
export { KafkaLog, type KafkaLogOptions } from './kafka.js';
export type { KafkaLogin, KafkaSettings } from './kafka-client.js';
export { createKafkaTopic } from './kafka-topic.js';
export { type Log, type LogBounds, type LogEntry, MAX_VALUE_BYTES, type ReadLimit } from './log.js';
export { type LogFaults, MemoryLog, MemoryTopic, type ReadFault, type SendFault } from './memory.js';
export { PostgresLog, type PostgresLogOptions } from './postgres.js';
