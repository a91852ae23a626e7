// What services say while they run: one line of JSON each, for people and machines alike.

type Level = 'info' | 'warn' | 'error';

/** Writes one line about a service; `fields` are positions, roles, codes. */
export type ServiceLog = (level: Level, message: string, fields?: Record<string, unknown>) => void;

/** A log of the service `service` on standard error. */
export function jsonLog(service: string): ServiceLog {
  return (level, message, fields = {}) => {
    const line = { time: new Date().toISOString(), level, service, message, ...fields };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}

/** A log that says nothing, for tests that look elsewhere. */
export const silentLog: ServiceLog = () => undefined;
