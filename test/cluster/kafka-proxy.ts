// A TCP proxy between Kafka's clients and a broker, which can lose or hold up what the broker answers. The broker must tell its clients the
// proxy's port as its own (`advertised.listeners`).

import { connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** The request that appends (Kafka's API key 0). */
const PRODUCE = 0;
/** The request for the log's bounds (ListOffsets). */
const LIST_OFFSETS = 2;
/** Every request and every response begins with its length in 4 bytes. */
const LENGTH_BYTES = 4;

export class KafkaProxy {
  /** How many of the next answers to appends are lost, one after the other. */
  swallow = 0;
  /** For how long answers to questions for the log's bounds are held up, in milliseconds. */
  lateBoundsMs = 0;
  /** Answers to appends that were lost. */
  swallowed = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** A proxy on `port` before the broker on `target`. */
  static async open(port: number, target: number): Promise<KafkaProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>(resolve => server.listen(port, HOST, resolve));
    const proxy = new KafkaProxy(server, port);
    server.on('connection', socket => proxy.forward(socket, target));
    return proxy;
  }

  get address(): string {
    return `${HOST}:${this.port}`;
  }

  /** Breaks all connections; new ones are accepted. */
  sever(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.sever();
    await new Promise(resolve => this.server.close(resolve));
  }

  private forward(inward: Socket, target: number): void {
    const outward = connect({ host: HOST, port: target, noDelay: true });
    /** The correlation ids of the appends that were not answered yet. */
    const appends = new Set<number>();
    /** Those of the questions for bounds. */
    const bounds = new Set<number>();
    for (const socket of [inward, outward]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        inward.destroy();
        outward.destroy();
      });
    }
    inward.on(
      'data',
      messages(request => {
        const [kind, id] = [request.readInt16BE(LENGTH_BYTES), request.readInt32BE(LENGTH_BYTES + 4)];
        if (kind === PRODUCE) appends.add(id);
        if (kind === LIST_OFFSETS) bounds.add(id);
        outward.write(request);
      }),
    );
    outward.on(
      'data',
      messages(response => {
        const id = response.readInt32BE(LENGTH_BYTES);
        if (appends.delete(id) && this.swallow > 0) {
          this.swallow--;
          this.swallowed++;
          return;
        }
        if (bounds.delete(id) && this.lateBoundsMs > 0)
          return void setTimeout(() => inward.write(response), this.lateBoundsMs);
        inward.write(response);
      }),
    );
  }
}

/** Takes bytes as they come, and gives `pass` one whole message after the other, its length included. */
function messages(pass: (message: Buffer) => void): (bytes: Buffer) => void {
  let kept = Buffer.alloc(0);
  return bytes => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + kept.readInt32BE(0);
      if (kept.length < end) return;
      pass(kept.subarray(0, end));
      kept = kept.subarray(end);
    }
  };
}
