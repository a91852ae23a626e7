// The life of a service that is a process of its own. It listens before the log or Postgres answer, so that /healthz and /readyz
// can tell; it waits for them, however long that takes; it ends when it is asked to, or when an error won't pass.

import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { Aspect } from './aspect.js';
import { Endings } from './endings.js';
import { listen, unlisten } from './http-server.js';
import { jsonLog, type ServiceLog } from './service-log.js';
import type { Address, RunnableService } from './service-settings.js';
import type { Environment } from './settings.js';

/** The signals that a terminal, an init system and a container runtime send. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** How long the end may take, in milliseconds: less than the 10 s after which container runtimes kill. Whatever is cut off then is done again. */
const STOP_LIMIT_MS = 8_000;
/** Exit code where the service could not start or did not go on; 0 is that of a stop that was asked for. */
const FAILED = 1;

/** What a service's parts are made with. */
export interface ServiceContext {
  readonly name: RunnableService;
  readonly environment: Environment;
  readonly report: ServiceLog;
  /** Ends the process because of an error that won't pass. */
  readonly fail: (error: Error) => void;
}

/** A service that is made, and has not begun. */
export interface Service {
  readonly address: Address;
  /** What /healthz, /readyz and /metrics tell; absent where a module answers these itself. */
  readonly aspects?: readonly Aspect[];
  /** What else is answered by HTTP. */
  readonly modules?: readonly DynamicModule[];
  /** Sets the application up before it listens. */
  readonly configure?: (app: INestApplication) => void;
  /** Waits for what the service stands on, and begins the work. Rejects where it can't, or when `signal` aborts. */
  begin(signal: AbortSignal): Promise<void>;
  /** Ends the work after what is in hand, begun or not. */
  end(): Promise<void>;
}

/** Runs a service until it is asked to stop or fails, and then ends the process. */
export async function runService(
  name: RunnableService,
  make: (context: ServiceContext) => Promise<Service>,
): Promise<void> {
  const report = jsonLog(name);
  const stopping = new AbortController();
  const endings = new Endings();
  const asked = stopSignal();
  let fail: (error: Error) => void = () => undefined;
  const failing = new Promise<Error>(resolve => {
    fail = resolve;
  });
  const context = { name, environment: process.env, report, fail };
  const begun = start(make, context, { endings, signal: stopping.signal }).catch(error => {
    if (!stopping.signal.aborted) fail(error as Error);
  });
  const failure = await Promise.race([asked, failing]);
  stopping.abort();
  report('info', 'stopping');
  await inTime(
    begun.then(() => endings.run()),
    report,
  );
  if (failure) process.stderr.write(`${failure.message}\n`);
  process.exit(failure ? FAILED : 0);
}

async function start(
  make: (context: ServiceContext) => Promise<Service>,
  context: ServiceContext,
  { endings, signal }: { readonly endings: Endings; readonly signal: AbortSignal },
): Promise<void> {
  const { name, report } = context;
  const service = await make(context);
  endings.add(() => service.end());
  const app = await applicationOf(name, service);
  endings.add(() => unlisten(app));
  service.configure?.(app);
  report('info', 'listens', { url: await listen(app, service.address) });
  await service.begin(signal);
  report('info', 'runs');
}

async function applicationOf(name: string, { aspects, modules = [] }: Service): Promise<INestApplication> {
  // Nest takes half a second to load, and whoever uses this lib for something else need not wait for it.
  const [{ NestFactory }, { ServiceModule }] = await Promise.all([
    import('@nestjs/core'),
    import('./service-http.js'),
  ]);
  class ProcessModule {}
  const imports = [...(aspects ? [ServiceModule.register(name, aspects)] : []), ...modules];
  const options = { logger: false, abortOnError: false, bodyParser: false } as const;
  return NestFactory.create({ module: ProcessModule, imports }, options);
}

function stopSignal(): Promise<undefined> {
  return new Promise(resolve => {
    for (const signal of STOP_SIGNALS) process.once(signal, () => resolve(undefined));
  });
}

/** Resolves when the end has come, or has taken too long. */
async function inTime(end: Promise<void>, report: ServiceLog): Promise<void> {
  const late = new Promise<string>(resolve => {
    setTimeout(() => resolve(`it took longer than ${STOP_LIMIT_MS} ms`), STOP_LIMIT_MS).unref();
  });
  const fault = await Promise.race([
    end.then(
      () => undefined,
      (error: Error) => error.message,
    ),
    late,
  ]);
  if (fault) report('warn', 'The end was cut short.', { reason: fault });
}
