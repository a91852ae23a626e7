/** A publisher's key from its enrolment to its end, by the command line, against a whole ledger that runs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExitCode } from '#apps/cli/src/exit-code';
import { sealRecord } from '#host';
import { eventJson } from '#ledger';
import { createKeyFile } from '#signing';
import { tufLedger } from '../fixtures/command-line.js';
import { LedgerServer } from '../fixtures/ledger-server.js';
import { upload } from '../fixtures/test-ledger.js';

let server: LedgerServer;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tuf-publishers-'));
  server = await LedgerServer.start({ scheme: 'succinct', count: 16 });
  await server.ready();
});
afterAll(async () => {
  await server?.stop();
  await rm(scratch, { recursive: true, force: true });
});

it('may say what it was enrolled for until it is revoked', async () => {
  const tell = (...args: string[]) =>
    tufLedger([...args, '--server', server.url], { TUF_LEDGER_DATA: server.folder.path });
  const file = join(scratch, 'backend.pem');
  const key = await createKeyFile(file);
  const { ledger } = (await (await server.get('/v1/ledger')).json()) as { ledger: string };
  let seq = 0;
  const submit = async (project: string) => {
    seq += 1;
    const event = eventJson(upload(project, `${project}-${seq}.tar.gz`));
    const envelope = join(scratch, `${seq}.dsse`);
    await writeFile(envelope, await sealRecord({ key, stream: 'main' }, { ledger, seq, v: 1 }, [event]));
    return tell('submit', '--envelope', envelope);
  };

  expect((await submit('demo')).said).toContain('publisher-unknown');
  expect((await tell('enroll', file, '--index', 'demo')).said).toMatch(
    new RegExp(`^${key.keyid}\npublisher\\.enrolled \\(position \\d+\\): applied\n$`),
  );
  expect((await submit('demo')).said).toContain('applied');
  expect((await submit('six')).said).toContain('not-permitted');
  expect((await tell('revoke', key.keyid)).code).toBe(ExitCode.ok);
  expect((await submit('demo')).said).toContain('publisher-unknown');
});
