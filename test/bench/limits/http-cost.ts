import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { medianOf } from '../statistics.js';

const ROUNDS = 50;

/** Milliseconds of a request over HTTP to this machine, and its short answer. */
export async function httpCost(): Promise<number> {
  const server = createServer((asked, answer) => asked.resume().once('end', () => answer.end('{}')));
  await new Promise<void>(done => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  try {
    return await medianOf(ROUNDS, () => once(port));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function once(port: number): Promise<void> {
  return new Promise((done, fail) => {
    const asked = request({ port, host: '127.0.0.1', method: 'POST' }, answer =>
      answer.resume().once('end', done),
    );
    asked.once('error', fail).end('{"events":[]}');
  });
}
