// A TCP proxy that can stand for a bad network.

import { connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  /** Connections that came while the network was cut. */
  private held: Socket[] = [];
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  /** A proxy on `port` (0: a free one) before whatever listens on `target`. */
  static async open(port: number, target: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>(resolve => server.listen(port, HOST, resolve));
    const proxy = new TcpProxy(server, target);
    server.on('connection', socket => proxy.accept(socket));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Nothing passes any more, in neither direction, and nobody is told: a network whose packets are lost. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was sent meanwhile passes now, as TCP sends it again. */
  heal(): void {
    this.isCut = false;
    for (const socket of this.sockets) socket.resume();
    for (const socket of this.held.splice(0)) this.forward(socket);
  }

  async close(): Promise<void> {
    for (const socket of [...this.sockets, ...this.held]) socket.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.isCut) this.held.push(socket);
    else this.forward(socket);
  }

  private forward(inward: Socket): void {
    const outward = connect({ host: HOST, port: this.target, noDelay: true });
    const pairs = [
      [inward, outward],
      [outward, inward],
    ] as const;
    for (const [from, to] of pairs) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', bytes => {
        if (to.write(bytes) || this.isCut) return;
        from.pause();
        to.once('drain', () => this.isCut || from.resume());
      });
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
