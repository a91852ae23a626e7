// What the examples of docs/formats.md must say: one small ledger, from its opening to its second state.

import { createHash } from 'node:crypto';
import { decodeEnvelope, decodePayload, preAuthEncoding } from '#ledger';
import { binOfName, type Drafted, dueLead, type Effects, Reader } from '#projection';
import { binName, canonicalize, fromUtf8, type Json, portableCrypto } from '#tuf';
import { outcomesOf } from '../fixtures/outcomes.js';
import { TestLedger, upload } from '../fixtures/test-ledger.js';

const crypto = portableCrypto;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The text of each example, by its name. */
export function examples(): Readonly<Record<string, string>> {
  const ledger = new TestLedger({ count: 2 }).open();
  ledger.publish();
  const uploaded = ledger.say(upload('six', 'six-1.0.tar.gz'));
  ledger.publish();
  const value = uploaded.step.value;
  const { payload } = decodeEnvelope(value)!;
  return {
    keys: lines(Object.entries(ledger.keys).map(([name, { keyid }]) => [name.padEnd(13), keyid])),
    canonical: canonical(),
    key: canonicalize(ledger.keys.gateway.key),
    keyid: ledger.keys.gateway.keyid,
    'upload-value': fromUtf8(value),
    'upload-pae': fromUtf8(preAuthEncoding(payload)),
    'upload-payload': fromUtf8(payload),
    'opening-payload': fromUtf8(decodeEnvelope(ledger.values[0]!)!.payload),
    'ledger-name': ledger.ledger,
    merkle: merkle(ledger),
    bins: bins(),
    due: due(),
    ...metadata(ledger, uploaded),
    walk: walk(ledger),
  };
}

function lines(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map(row => row.join('  ').trimEnd()).join('\n');
}

function canonical(): string {
  const value = { é: 1, z: [true, null, -1], a: 'say "\\"', Z: {} };
  return `${JSON.stringify(value, null, 2)}\n${canonicalize(value)}`;
}

function merkle(ledger: TestLedger): string {
  const reader = Reader.begin(ledger.ledger, crypto);
  const rows = ledger.values.slice(0, 4).map(value => {
    reader.next(value);
    return [`${reader.size}`, reader.rootHash];
  });
  return lines([['size', 'root'], ...rows.map(([size, root]) => [size!.padEnd(4), root!])]);
}

function bins(): string {
  const path = 'six/six-1.0.tar.gz';
  const names = [2, 16, 256, 16_384].map(count => [
    `of ${count} bins`.padEnd(16),
    binName(binOfName(path, count, crypto), count),
  ]);
  return lines([[path], ['SHA-256'.padEnd(16), sha256(path)], ...names]);
}

function due(): string {
  const window = 43_200;
  const roles = ['bins-0', 'bins-1', 'bins-3fff'];
  const rows = roles.map(role => [
    role.padEnd(9),
    `0x${sha256(role).slice(0, 8)}`,
    dueLead(role, window, crypto),
  ]);
  return lines([['name'.padEnd(9), 'h'.padEnd(10), 'seconds before the expiry, W = 43200'], ...rows]);
}

function metadata(ledger: TestLedger, uploaded: Effects): Record<string, string> {
  const drafts = ledger.effects.flatMap(({ root, targets, snapshot, timestamp }) =>
    [root, targets, snapshot, timestamp].flatMap(part => part.drafted),
  );
  const draft = (role: string, version: number): Drafted =>
    drafts.find(found => found.role === role && found.version === version)!;
  const prefixes = new TestLedger({ count: 2, scheme: 'path_hash_prefixes' });
  const bin = draft(uploaded.targets.outcomes[0]!.role!, 2);
  return {
    'root-text': draft('root', 1).text,
    'targets-text': draft('targets', 1).text,
    'bins-text': draft('bins', 1).text,
    'bins-text-prefixes': prefixes.openDrafts().find(({ role }) => role === 'bins')!.text,
    'bin-text': bin.text,
    'bin-entry': canonicalize(ledger.entry(bin) as unknown as Json),
    'snapshot-text': draft('snapshot', 2).text,
    'timestamp-text': draft('timestamp', 2).text,
    'timestamp-file': fromUtf8(ledger.published.files.get('timestamp.json')!),
  };
}

function walk(ledger: TestLedger): string {
  return ledger.effects
    .map(effects => {
      const { events } = decodePayload(decodeEnvelope(effects.step.value)!.payload)!;
      const { root, targets, snapshot, timestamp } = effects;
      const parts = [root, targets, snapshot, timestamp];
      const names = (list: readonly { role: string; version: number }[]) =>
        list.map(({ role, version }) => `${role} ${version}`).join(', ');
      const outcomes = new Set(outcomesOf(effects).map(({ verdict }) => verdict.result));
      const said = [
        `position ${effects.step.position}, ${effects.step.value.length} bytes, SHA-256 ${sha256(effects.step.value)}`,
        `  says       ${counted(events.map(({ type }) => type))}: ${[...outcomes].join(', ')}`,
      ];
      const drafted = names(parts.flatMap(part => part.drafted));
      const completed = names(parts.flatMap(part => part.completed));
      if (completed) said.push(`  completes  ${completed}`);
      if (drafted) said.push(`  drafts     ${drafted}`);
      if (timestamp.state) said.push(`  completes the state ${timestamp.state.state}`);
      return said.join('\n');
    })
    .join('\n');
}

function counted(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => (count === 1 ? type : `${count} ${type}`)).join(', ');
}
