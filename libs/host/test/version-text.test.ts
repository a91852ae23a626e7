import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SERVICES, Upstream, versionText } from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { writePathChanges } from '#store';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { Projecting } from '../../../test/fixtures/projecting.js';
import { randomHistory } from '../../../test/fixtures/random-history.js';
import type { TestLedger } from '../../../test/fixtures/test-ledger.js';

const TARGET = { length: 1, sha256: 'ab'.repeat(32) };

let postgres: TestPostgres;
let projecting: Projecting;
let ledger: TestLedger;

beforeAll(async () => {
  postgres = await startPostgres();
  ledger = randomHistory(21, 120);
  projecting = await Projecting.open(await freshDatabase(postgres), ledger.ledger);
  const topic = new MemoryTopic();
  topic.push(ledger.values);
  for (const service of SERVICES) projecting.start(service, new MemoryLog(topic));
  for (const service of SERVICES) await projecting.reach(service, ledger.replay.state.reader.size);
  await projecting.stop();
});
afterAll(async () => {
  await projecting?.close();
  await postgres?.stop();
});

describe('versionText', () => {
  it('gives every version that was ever drafted, complete or dead, kept or let go', async () => {
    const opened = ledger.replay.state.reader.opened!;
    const drafted = ledger.effects.flatMap(effects => SERVICES.flatMap(service => effects[service].drafted));
    for (const { role, version, text } of drafted) {
      expect(await versionText(projecting.sources, opened, role, version), `${role} ${version}`).toBe(text);
    }
    const kept = await projecting.sources.targets.query('SELECT 1 FROM role_version WHERE text IS NOT NULL');
    expect(kept.length).toBeLessThan(drafted.length / 2);
    expect(await versionText(projecting.sources, opened, 'bins-0', 999)).toBeUndefined();
    expect(await versionText(projecting.sources, opened, 'nobody', 1)).toBeUndefined();
  });

  it('does not give what was not signed', async () => {
    const opened = ledger.replay.state.reader.opened!;
    const { targets } = projecting.sources;
    const [row] = await targets.query(
      "SELECT version FROM role_version WHERE text IS NULL AND role = 'bins-2'",
    );
    const change = { bin: 2, path: 'evil/x.whl', after: { target: TARGET, removed: false } };
    const runner = targets.createQueryRunner();
    await writePathChanges(runner, [{ ...change, position: 0 }]);
    await runner.release();
    await expect(
      versionText(projecting.sources, opened, 'bins-2', Number(row.version)),
    ).rejects.toMatchObject({ code: 'store-shape', message: expect.stringContaining('bins-2') });
    await targets.query('DELETE FROM target WHERE path = $1', [change.path]);
  });
});

describe('versionText while Postgres has lost commits', () => {
  /** The first, whose text was let go long ago. */
  const snapshot = () => ledger.effects.flatMap(effects => effects.snapshot.drafted)[0]!;
  const text = ({ role, version }: { role: string; version: number }) =>
    versionText(projecting.sources, ledger.replay.state.reader.opened!, role, version);

  it('reads again what was not there for a moment', async () => {
    const gone = vi.spyOn(projecting.sources.targets, 'query').mockResolvedValueOnce([]);
    expect(await text(snapshot())).toBe(snapshot().text);
    expect(gone.mock.calls.length).toBeGreaterThan(1);
    gone.mockRestore();
  });

  it('says that it has to be folded again first', async () => {
    const { targets } = projecting.sources;
    const [{ position }] = await targets.query('SELECT position FROM progress');
    await targets.query('UPDATE progress SET position = $1', [snapshot().position]);
    const gone = vi.spyOn(targets, 'query').mockResolvedValueOnce([]);
    await expect(text(snapshot())).rejects.toMatchObject({ code: 'projection-conflict', retryable: true });
    gone.mockRestore();
    await targets.query('UPDATE progress SET position = $1', [position]);
  });
});

describe('Upstream', () => {
  it.each([1, 3, 1_000])(
    'gives what a replay says of cuts and versions, read %i records at once',
    async span => {
      const { sources, watermarks } = projecting;
      const upstream = new Upstream(['root', 'targets'], { sources, watermarks, prefix: 'tuf' });
      const { size } = ledger.replay.state.reader;
      for (let first = 0; first < size; first += span) {
        const last = Math.min(first + span, size) - 1;
        const steps = ledger.effects.slice(first, last + 1).map(({ step }) => step);
        const facts = await upstream.facts(steps);
        for (let position = first; position <= last; position++) {
          const { root, targets } = ledger.effects[position]!;
          const byRole = (versions: readonly { role: string; version: number }[]) =>
            new Map(versions.map(({ role, version }) => [role, version]));
          const found = facts.at(position);
          expect(found.cut).toEqual(root.cut);
          expect(byRole(found.drafted)).toEqual(byRole(root.cut ? targets.drafted : []));
          expect(byRole(found.completed)).toEqual(byRole(targets.completed));
        }
      }
    },
  );
});
