// The ways from each service to the broker and to Postgres. A broker tells its clients where to connect, so each service that has a
// way of its own has a listener of its own.

import { freePort } from '../fixtures/free-port.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';

const HOST = '127.0.0.1';

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly proxy: TcpProxy;
}

export class Links {
  private constructor(
    private readonly listeners: ReadonlyMap<string, Listener>,
    private readonly postgres: ReadonlyMap<string, TcpProxy>,
  ) {}

  /** Ways for these services, before the broker is started. */
  static async open(services: readonly string[], postgresPort: number): Promise<Links> {
    const listeners = new Map<string, Listener>();
    const postgres = new Map<string, TcpProxy>();
    for (const [i, service] of services.entries()) {
      const port = await freePort();
      listeners.set(service, { name: `WAY${i}`, port, proxy: await TcpProxy.open(0, port) });
      postgres.set(service, await TcpProxy.open(0, postgresPort));
    }
    return new Links(listeners, postgres);
  }

  /** The settings of a broker that has these listeners beside its usual ones. */
  brokerProperties(port: number, controllerPort: number): Record<string, string> {
    const all = [...this.listeners.values()];
    const inner = all.map(listener => `${listener.name}://${HOST}:${listener.port}`);
    const outer = all.map(({ name, proxy }) => `${name}://${HOST}:${proxy.port}`);
    const names = ['PLAINTEXT', 'CONTROLLER', ...all.map(({ name }) => name)];
    return {
      listeners: [`PLAINTEXT://${HOST}:${port}`, `CONTROLLER://${HOST}:${controllerPort}`, ...inner].join(),
      'advertised.listeners': [`PLAINTEXT://${HOST}:${port}`, ...outer].join(),
      'listener.security.protocol.map': names.map(name => `${name}:PLAINTEXT`).join(),
    };
  }

  /** Where the service finds the broker. */
  kafkaAddress(service: string): string | undefined {
    const listener = this.listeners.get(service);
    return listener && `${HOST}:${listener.proxy.port}`;
  }

  /** Where the service finds Postgres. */
  postgresAddress(service: string): string | undefined {
    const proxy = this.postgres.get(service);
    return proxy && `${HOST}:${proxy.port}`;
  }

  way(service: string, to: 'kafka' | 'postgres'): TcpProxy {
    return to === 'kafka' ? this.listeners.get(service)!.proxy : this.postgres.get(service)!;
  }

  async close(): Promise<void> {
    const proxies = [...[...this.listeners.values()].map(({ proxy }) => proxy), ...this.postgres.values()];
    await Promise.all(proxies.map(proxy => proxy.close()));
  }
}
