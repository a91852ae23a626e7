// A Kafka broker with its controller (KRaft) on this machine, in a folder of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../fixtures/free-port.js';
import { kafkaClassPath } from './kafka-programs.js';

const run = promisify(execFile);
/** How long a broker may take until it listens, and to stop when asked, in milliseconds. */
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
const LOOK_MS = 100;
const HOST = '127.0.0.1';
/** Any one will do; brokers of one cluster must have the same. */
const CLUSTER_ID = 'dHVmLWxlZGdlci10ZXN0cw';
/** Small and quick to start: what is tested is not the broker. */
const JAVA_OPTIONS = [
  '-Xmx512m',
  '-Xss512k',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** A broker's place in its cluster. */
export interface BrokerNode {
  readonly id: number;
  /** The port for clients and other brokers, and the controller's. */
  readonly port: number;
  readonly controllerPort: number;
}

export interface BrokerOptions {
  readonly folder: string;
  readonly node: BrokerNode;
  /** All brokers of the cluster; this one alone by default. */
  readonly nodes?: readonly BrokerNode[];
  /** Settings beside and instead of the usual ones. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** A node on ports that are free now. */
export async function freeNode(id = 1): Promise<BrokerNode> {
  return { id, port: await freePort(), controllerPort: await freePort() };
}

export class KafkaBroker {
  private constructor(
    private readonly options: BrokerOptions,
    private process: ChildProcess,
  ) {}

  /** Starts a broker, making its folder if there is none; resolves when it listens. */
  static async start(options: BrokerOptions): Promise<KafkaBroker> {
    await prepare(options);
    const broker = new KafkaBroker(options, await launch(options.folder));
    await broker.listening();
    return broker;
  }

  /** What Kafka knows it by. */
  get id(): number {
    return this.options.node.id;
  }

  /** Where clients connect, `host:port`. */
  get address(): string {
    return `${HOST}:${this.options.node.port}`;
  }

  /** Where it keeps its data, its settings and what it says. */
  get folder(): string {
    return this.options.folder;
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Ends it as an operator would. */
  async stop(): Promise<void> {
    const killer = setTimeout(() => this.process.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.end('SIGTERM');
    clearTimeout(killer);
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Starts it again on the same folder and ports. */
  async restart(): Promise<void> {
    this.process = await launch(this.options.folder);
    await this.listening();
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise(resolve => this.process.once('exit', resolve));
    this.process.kill(signal);
    await ended;
  }

  private async listening(): Promise<void> {
    const until = Date.now() + START_LIMIT_MS;
    while (!(await accepts(this.options.node.port))) {
      const ended = this.process.exitCode !== null || this.process.signalCode !== null;
      if (ended || Date.now() > until)
        throw new Error(`The broker did not start: ${await lastWords(this.options.folder)}`);
      await wait(LOOK_MS);
    }
  }
}

async function prepare({ folder, node, nodes = [node], properties }: BrokerOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const settings = { ...usualProperties(folder, node, nodes), ...properties };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, 'server.properties'), lines.join(''));
  const format = [
    'format',
    '--ignore-formatted',
    '--cluster-id',
    CLUSTER_ID,
    '--config',
    join(folder, 'server.properties'),
  ];
  await run('java', [...JAVA_OPTIONS, '-cp', await kafkaClassPath(), 'kafka.tools.StorageTool', ...format]);
}

function usualProperties(
  folder: string,
  { id, port, controllerPort }: BrokerNode,
  nodes: readonly BrokerNode[],
): Record<string, string> {
  const replicas = String(Math.min(nodes.length, 3));
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': nodes.map(node => `${node.id}@${HOST}:${node.controllerPort}`).join(),
    listeners: `PLAINTEXT://${HOST}:${port},CONTROLLER://${HOST}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${HOST}:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
  };
}

async function launch(folder: string): Promise<ChildProcess> {
  const output = openSync(join(folder, 'broker.log'), 'a');
  const args = [
    ...JAVA_OPTIONS,
    '-cp',
    await kafkaClassPath(),
    'kafka.Kafka',
    join(folder, 'server.properties'),
  ];
  const child = spawn('java', args, { stdio: ['ignore', output, output], cwd: folder });
  closeSync(output);
  return child;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: HOST, port });
  const connected = await new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return connected;
}

async function lastWords(folder: string): Promise<string> {
  const said = await readFile(join(folder, 'broker.log'), 'utf8').catch(() => '');
  return said.trim().split('\n').slice(-5).join('\n') || 'it said nothing';
}
