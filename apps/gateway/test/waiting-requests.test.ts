import { EventEmitter, getEventListeners } from 'node:events';
import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Response } from 'express';
import { describe, expect, it } from 'vitest';
import { RecordsController } from '../src/controllers/records.controller.js';
import { GatewayLife, type LivingParts } from '../src/gateway-life.js';
import type { LogTail } from '../src/log-tail.js';
import type { Metrics } from '../src/metrics.js';
import type { GatewayParts } from '../src/parts.js';
import type { AwaitPublication } from '../src/queries/publication.js';

class Answer extends EventEmitter {
  code = 0;

  status(code: number): void {
    this.code = code;
  }
}

/** A controller whose requests wait until `answer` is called; `waited` gives the signals that they wait with. */
function stage() {
  const living = { scheduler: { stop: async () => undefined } };
  const life = new GatewayLife({} as GatewayParts, living as unknown as LivingParts);
  const waited: AbortSignal[] = [];
  let answer = () => {};
  const execute = ({ signal }: AwaitPublication) =>
    new Promise(resolve => {
      waited.push(signal);
      answer = () => resolve({ published: true, outcomes: [] });
      signal.addEventListener('abort', () => resolve({ published: false, outcomes: [] }), { once: true });
    });
  const controller = new RecordsController(
    {} as CommandBus,
    { execute } as unknown as QueryBus,
    {} as LogTail,
    life,
    {} as Metrics,
  );
  const wait = async (response: Answer) => {
    await controller.published([], response as unknown as Response);
    return response.code;
  };
  return { life, waited, wait, answer: () => answer() };
}

describe('requests that wait for publication', () => {
  it('leave nothing with the service when they are answered', async () => {
    const { life, wait, answer } = stage();
    for (let i = 0; i < 3; i++) {
      const waiting = wait(new Answer());
      answer();
      expect(await waiting).toBe(200);
    }
    expect(getEventListeners(life.signal, 'abort')).toEqual([]);
  });

  it('may be many', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => void warnings.push(warning);
    process.on('warning', hear);
    const { life, wait } = stage();
    const all = Array.from({ length: 100 }, () => wait(new Answer()));
    life.beforeApplicationShutdown();
    await Promise.all(all);
    await new Promise(resolve => setTimeout(resolve, 10));
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });

  it('end with the service, also where it has begun to stop, and with their client', async () => {
    const { life, waited, wait } = stage();
    const gone = new Answer();
    const left = wait(gone);
    gone.emit('close');
    expect(await left).toBe(202);
    const waiting = wait(new Answer());
    life.beforeApplicationShutdown();
    expect(await waiting).toBe(202);
    void wait(new Answer());
    expect(waited.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });
});
