// The ways from each service to the brokers and to Postgres. A broker tells its clients where to connect, so each service that has a
// way of its own has a listener of its own.

import { freePort } from '../fixtures/free-port.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import type { BrokerNode } from './kafka-broker.js';

const HOST = '127.0.0.1';

/** What can be cut and healed. */
export type Way = Pick<TcpProxy, 'cut' | 'heal'>;

/** A broker's own listener for one service, and the way to it. */
interface Listener {
  readonly name: string;
  readonly port: number;
  readonly proxy: TcpProxy;
}

export class Links {
  private constructor(
    /** By service, in the order of the brokers. */
    private readonly listeners: ReadonlyMap<string, readonly Listener[]>,
    private readonly postgres: ReadonlyMap<string, TcpProxy>,
  ) {}

  /** Ways for these services, before the brokers are started. */
  static async open(services: readonly string[], brokers: number, postgresPort: number): Promise<Links> {
    const listeners = new Map<string, Listener[]>();
    const postgres = new Map<string, TcpProxy>();
    for (const [i, service] of services.entries()) {
      const ways: Listener[] = [];
      for (let place = 0; place < brokers; place++) {
        const port = await freePort();
        ways.push({ name: `WAY${i}`, port, proxy: await TcpProxy.open(0, port) });
      }
      listeners.set(service, ways);
      postgres.set(service, await TcpProxy.open(0, postgresPort));
    }
    return new Links(listeners, postgres);
  }

  /** The settings of a broker that has these listeners beside its usual ones. */
  brokerProperties({ port, controllerPort }: BrokerNode, place: number): Record<string, string> {
    const all = [...this.listeners.values()].map(ways => ways[place]!);
    const inner = all.map(listener => `${listener.name}://${HOST}:${listener.port}`);
    const outer = all.map(({ name, proxy }) => `${name}://${HOST}:${proxy.port}`);
    const names = ['PLAINTEXT', 'CONTROLLER', ...all.map(({ name }) => name)];
    return {
      listeners: [`PLAINTEXT://${HOST}:${port}`, `CONTROLLER://${HOST}:${controllerPort}`, ...inner].join(),
      'advertised.listeners': [`PLAINTEXT://${HOST}:${port}`, ...outer].join(),
      'listener.security.protocol.map': names.map(name => `${name}:PLAINTEXT`).join(),
    };
  }

  /** Where the service finds the brokers. */
  kafkaAddresses(service: string): string | undefined {
    return this.listeners
      .get(service)
      ?.map(({ proxy }) => `${HOST}:${proxy.port}`)
      .join();
  }

  /** Where the service finds Postgres. */
  postgresAddress(service: string): string | undefined {
    const proxy = this.postgres.get(service);
    return proxy && `${HOST}:${proxy.port}`;
  }

  /** The way to Postgres, or the ways to all brokers together. */
  way(service: string, to: 'kafka' | 'postgres'): Way {
    if (to === 'postgres') return this.postgres.get(service)!;
    const proxies = this.listeners.get(service)!.map(({ proxy }) => proxy);
    return {
      cut: () => {
        for (const proxy of proxies) proxy.cut();
      },
      heal: () => {
        for (const proxy of proxies) proxy.heal();
      },
    };
  }

  async close(): Promise<void> {
    const toKafka = [...this.listeners.values()].flat().map(({ proxy }) => proxy);
    const proxies = [...toKafka, ...this.postgres.values()];
    await Promise.all(proxies.map(proxy => proxy.close()));
  }
}
