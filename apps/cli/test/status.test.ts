import { beforeEach, expect, it } from 'vitest';
import { FakeGateway } from './fake-gateway.js';
import { deadUrl, serve } from './local-server.js';
import { runCli, START } from './run-cli.js';

let gateway: FakeGateway;
beforeEach(async () => {
  gateway = await FakeGateway.open();
});

function role(name: string, hoursLeft: number) {
  return {
    role: name,
    version: 1,
    expires: new Date(START + hoursLeft * 3_600_000).toISOString().replace('.000', ''),
  };
}

async function statusLines(): Promise<string[]> {
  return (await runCli(['status', '--server', gateway.url])).stdout.trimEnd().split('\n');
}

it('tells that all is well', async () => {
  gateway.publish();
  gateway.roles.push(role('root', 24 * 31), role('bins', 24 * 31), role('bins-0', 2), role('timestamp', 2));
  expect(await statusLines()).toEqual([
    `${gateway.url} is ready.`,
    'State 1 is complete; it was cut 60 s ago at position 5.',
    '1 service, all at the end of the log (position 5).',
    '4 roles, none near expiry.',
    'No event was rejected since the ledger was opened.',
  ]);
});

it('tells what is not', async () => {
  gateway.ready = false;
  gateway.services.push({ name: 'projector-targets', position: 3, lag: 12 });
  gateway.roles.push(role('root', 24 * 29), role('targets', -3), role('bins-0', 0.5), role('bins-1', 2));
  gateway.publishes = false;
  gateway.apply([
    { type: 'file.yanked', project: 'p', filename: 'a' },
    { type: 'file.yanked', project: 'p', filename: 'b' },
  ]);
  const { exitCode, stdout } = await runCli(['status', '--server', gateway.url]);
  expect(exitCode).toBe(6);
  expect(stdout.trimEnd().split('\n')).toEqual([
    `${gateway.url} is not ready. Its log, and the services below, tell why.`,
    'No state has been cut yet: nothing is published.',
    '1 of 2 services behind the log: projector-targets by 12 records.',
    '4 roles, 3 near expiry: root in 29 days, targets expired 3 h ago, bins-0 in 30 min. Renew those that need an offline key.',
    '2 events rejected since the ledger was opened; the last at position 5, event 1: target-unknown: p/b is no target of this ledger',
  ]);
});

it('tells the same as JSON', async () => {
  gateway.publish();
  gateway.roles.push(role('timestamp', 0.5));
  const { exitCode, stdout } = await runCli(['status', '--server', gateway.url, '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ready: true,
    state: { state: 1, cut: 5, complete: true, ageSeconds: 60 },
    services: [{ name: 'projector-root', lag: 0 }],
    roles: 1,
    nearExpiry: [{ role: 'timestamp' }],
    rejections: 0,
    lastRejection: null,
  });
});

it('needs no token, and a server', async () => {
  const url = await deadUrl();
  const { exitCode, stderr } = await runCli(['status', '--server', url], { variables: {} });
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`${url} refused the connection. Start the server with \`npm start\``);
});

it('does not take another server for a gateway', async () => {
  const url = await serve((_request, response) => void response.end('hello'));
  expect(await runCli(['status', '--server', url])).toMatchObject({
    exitCode: 7,
    stderr: expect.stringContaining('is no JSON'),
  });
});

it('prints help and exit codes where asked', async () => {
  const { exitCode, stdout } = await runCli(['--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Exit codes: 0 done');
  for (const command of ['import', 'submit', 'status'])
    expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
});
