// The rows that a projection must hold, from the effects of a pure fold: what libs/store would have to say, without its SQL. A row is
// a line of text, so that two of them are compared at a glance.

import type { ServiceName } from '#host';
import type { Drafted, PathChange } from '#projection';
import { canonicalize, type Json, sortCodePoints, toHex } from '#tuf';
import type { Oracle } from './oracle.js';
import { quickCrypto } from './quick-crypto.js';

/** Rows by table. */
export type Rows = Record<string, string[]>;

type Cell = string | number | boolean | null | undefined;

export function line(...cells: readonly Cell[]): string {
  return cells.map(cell => (cell === null || cell === undefined ? '-' : String(cell))).join(' | ');
}

/** JSON with its keys in one order. */
export function ordered(json: unknown): string {
  return canonicalize(JSON.parse(JSON.stringify(json)) as Json);
}

export function expectedRows(oracle: Oracle, service: ServiceName): Rows {
  const rows: Rows = {
    progress: [progressRow(oracle)],
    outcome: outcomeRows(oracle, service),
    role_version: versionRows(oracle, service),
  };
  const own = OWN[service](oracle);
  for (const [table, lines] of Object.entries({ ...rows, ...own })) rows[table] = sortCodePoints(lines);
  return rows;
}

function progressRow({ replay, topic, size, roots, offsets }: Oracle): string {
  const last = offsets.at(-1)!;
  const [entry] = topic.page(last, 1, 1);
  const hash = toHex(quickCrypto.sha256(entry!.value));
  return line(size, roots[size], last, hash, ordered(JSON.parse(replay.state.reader.save())));
}

function outcomeRows({ effects }: Oracle, service: ServiceName): string[] {
  const outcomes = effects.flatMap(each => each[service].outcomes);
  return outcomes
    .filter(({ verdict }) => verdict.result !== 'applied')
    .map(({ position, event, entry = -1, verdict, role }) => {
      const { code, detail } =
        verdict.result === 'rejected' ? verdict.rejection : { code: undefined, detail: undefined };
      return line(position, event, entry, verdict.result, code, detail?.replaceAll('\0', '\ufffd'), role);
    });
}

function versionRows({ effects }: Oracle, service: ServiceName): string[] {
  const parts = effects.map(each => each[service]);
  const completed = new Map(parts.flatMap(part => part.completed.map(done => [nameOf(done), done] as const)));
  const row = (draft: Drafted) => {
    const { role, version, position, expires, sha256 } = draft;
    const done = completed.get(nameOf(draft));
    return line(role, version, position, expires, sha256, done?.position, done && ordered(done.signatures));
  };
  return parts.flatMap(part => part.drafted).map(row);
}

function nameOf({ role, version }: { readonly role: string; readonly version: number }): string {
  return `${role}@${version}`;
}

const OWN: Record<ServiceName, (oracle: Oracle) => Rows> = {
  root: ({ effects, offsets }) => ({
    cut: effects.flatMap(({ root: { cut } }) =>
      cut
        ? [line(cut.state, cut.at, cut.position, cut.rootHash, ordered(cut.policy), ordered(cut.keys))]
        : [],
    ),
    record_offset: offsets.flatMap((offset, position) =>
      position === 0 || offset !== offsets[position - 1]! + 1 ? [line(position, offset)] : [],
    ),
  }),
  targets: ({ effects, replay }) => ({
    target: targetRows(effects.flatMap(each => each.targets.changes)),
    bin: [...replay.state.targets.bins].map(([bin, { changed, role }]) =>
      line(bin, changed, role.highest, role.complete?.version, role.draft?.version),
    ),
  }),
  snapshot: ({ effects }) => ({
    snapshot_file: effects.flatMap(({ step, snapshot: { file } }) =>
      file ? [line(file.version, step.position, file.length, file.sha256)] : [],
    ),
  }),
  timestamp: ({ effects }) => ({
    complete_state: effects.flatMap(({ timestamp: { state } }) =>
      state ? [line(state.state, state.at, state.cut, state.position, state.root, state.rootsBefore)] : [],
    ),
  }),
};

/** Each change opens a row that the path's next change ends; of one record the last counts. A released path opens none. */
function targetRows(changes: readonly PathChange[]): string[] {
  const last = [...new Map(changes.map(change => [`${change.position} ${change.path}`, change])).values()];
  return last.flatMap(({ bin, path, position, after }) => {
    if (!after) return [];
    const until = last.find(next => next.path === path && next.position > position)?.position;
    const { length, sha256, sha512, yanked } = after.target;
    return [
      line(path, position, until, bin, after.removed, length, sha256, sha512, yanked === true ? '' : yanked),
    ];
  });
}
