// The HTTP side of a process.

import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { HostError } from './errors.js';
import type { Address } from './service-settings.js';

/** Why an address can't be listened on: it is no address of this machine, no name that is known, or not for this user. */
const UNUSABLE = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EACCES'];

/** The URL of an application once it listens. @throws HostError `port-in-use`, `config-invalid`. */
export async function listen(app: INestApplication, { host, port }: Address): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new HostError('port-in-use', `Port ${port} of ${host} is in use.`, { cause: error });
    if (!UNUSABLE.includes(code)) throw error;
    const detail = `HOST is "${host}" and PORT "${port}", and there this process can't listen: ${message}.`;
    throw new HostError('config-invalid', detail, { cause: error });
  }
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

/** How often connections that have become idle are closed while the application ends, in milliseconds. */
const IDLE_MS = 50;

/** Ends an application after the requests in hand. Node alone would go on with whoever keeps a connection and asks again and again. */
export async function unlisten(app: INestApplication): Promise<void> {
  const server: Server = app.getHttpServer();
  server.prependListener('request', (_, response) => response.setHeader('Connection', 'close'));
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_MS);
  await app.close().finally(() => clearInterval(timer));
}
