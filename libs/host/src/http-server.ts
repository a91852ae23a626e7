// The HTTP side of a process.

import type { INestApplication } from '@nestjs/common';
import { HostError } from './errors.js';
import type { Address } from './service-settings.js';

/** The URL of an application once it listens. @throws HostError `port-in-use`. */
export async function listen(app: INestApplication, { host, port }: Address): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new HostError('port-in-use', `Port ${port} of ${host} is in use.`, { cause: error });
  }
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}
