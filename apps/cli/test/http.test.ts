import { expect, it } from 'vitest';
import { type HttpLimits, request } from '../src/http.js';
import { serve } from './local-server.js';

const ADVICE = 'Look there.';

async function ask(url: string, limits: HttpLimits): Promise<unknown> {
  return request({ url: new URL(url), limits, adviceIfUnreachable: ADVICE });
}

it('takes an answer of just the size that is allowed, and no more', async () => {
  const url = await serve((_request, response) => void response.end('x'.repeat(100)));
  expect(await ask(url, { timeoutMs: 5_000, maxBytes: 100 })).toMatchObject({
    status: 200,
    text: 'x'.repeat(100),
  });
  await expect(ask(url, { timeoutMs: 5_000, maxBytes: 99 })).rejects.toMatchObject({
    code: 'source-too-large',
  });
});

it('gives up on a server that never ends its answer', async () => {
  const url = await serve((_request, response) => void response.writeHead(200).write('{'));
  const asked = ask(url, { timeoutMs: 100, maxBytes: 100 });
  await expect(asked).rejects.toMatchObject({ code: 'server-timeout', retryable: true, advice: ADVICE });
});

it('names the fault of an address that does not exist', async () => {
  const asked = ask('http://nowhere.invalid', { timeoutMs: 5_000, maxBytes: 100 });
  await expect(asked).rejects.toMatchObject({ code: 'server-unreachable', advice: ADVICE });
});
