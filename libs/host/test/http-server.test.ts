import 'reflect-metadata';
import { Agent, get } from 'node:http';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, unlisten } from '#host';

const ANSWER_MS = 30;
/** Requests that have come. */
let begun = 0;

@Controller()
class SlowController {
  @Get()
  async answer(): Promise<string> {
    begun++;
    await new Promise(resolve => setTimeout(resolve, ANSWER_MS));
    return 'here';
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

let app: INestApplication;
let url: string;

beforeEach(async () => {
  begun = 0;
  app = await NestFactory.create(SlowModule, { logger: false });
  url = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterEach(() => unlisten(app));

/** Asks again and again by one connection; gives how many answers came before it was refused. */
async function askOn(agent: Agent): Promise<number> {
  const ask = () =>
    new Promise<boolean>(resolve => {
      get(url, { agent }, response => response.resume().on('end', () => resolve(true))).on('error', () =>
        resolve(false),
      );
    });
  let answers = 0;
  while (await ask()) answers++;
  return answers;
}

describe('an application that ends', () => {
  it('answers what is in hand, and does not go on with who keeps asking', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asking = askOn(agent);
    await expect.poll(() => begun, { interval: 1 }).toBeGreaterThanOrEqual(3);
    // Without an end of it, who keeps asking would keep the application alive, and this test from ending.
    await unlisten(app);
    expect(await asking).toBe(begun);
    agent.destroy();
  });
});

describe('a port', () => {
  it('that is taken is told', async () => {
    const port = Number(new URL(url).port);
    const other = await NestFactory.create(SlowModule, { logger: false });
    await expect(listen(other, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'port-in-use' });
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('of %s is a fault of the settings', async host => {
    const other = await NestFactory.create(SlowModule, { logger: false });
    await expect(listen(other, { host, port: 0 })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
