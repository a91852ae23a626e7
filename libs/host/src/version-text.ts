// Any version of any role, rendered again from history. Texts are stored only for what may still have to be written; all
// others follow from the projections, and the stored SHA-256 says whether what was rendered is what was signed.

import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { LedgerOpened } from '#ledger';
import { binFragments, snapshotOrder } from '#projection';
import {
  cutsBetween,
  readBinsAt,
  readRows,
  readVersion,
  readVersionsAsOf,
  readWatermark,
  type StoredVersion,
  StoreError,
  snapshotFilesBetween,
} from '#store';
import { binIndex, formatExpires, metaFragment, snapshotText, targetsText, timestampText } from '#tuf';

/** The projections of a ledger, as readers see them. */
export interface VersionSources {
  readonly root: DataSource;
  readonly targets: DataSource;
  readonly snapshot: DataSource;
  readonly timestamp: DataSource;
}

/** Which of the projections holds the versions of a role. */
export function sourceOfRole(sources: VersionSources, role: string): DataSource {
  return role === 'root' || role === 'snapshot' || role === 'timestamp' ? sources[role] : sources.targets;
}

/**
 * The canonical text of a version of a role; undefined where no such version was drafted.
 * @throws StoreError `store-shape` where what history gives is not what was signed.
 */
export async function versionText(
  sources: VersionSources,
  opened: LedgerOpened,
  role: string,
  version: number,
): Promise<string | undefined> {
  const stored = await readVersion(sourceOfRole(sources, role), role, version);
  return stored && (await storedTexts(sources, opened, [stored]))[0];
}

/**
 * The canonical texts of some versions, in their order.
 * @throws StoreError `store-shape` where what history gives is not what was signed; `projection-conflict` where a projection has
 * lost that history, and folds it again.
 */
export async function storedTexts(
  sources: VersionSources,
  opened: LedgerOpened,
  versions: readonly StoredVersion[],
): Promise<string[]> {
  const texts = await render(sources, opened, versions);
  if (firstUnlike(versions, texts) === undefined) return texts;
  // A crash of Postgres takes back the last commits: what was read may have been gone, or half folded again.
  await requireFolded(sources, Math.max(...versions.map(({ drafted }) => drafted)));
  const again = await render(sources, opened, versions);
  const unlike = firstUnlike(versions, again);
  if (!unlike) return again;
  throw new StoreError(
    'store-shape',
    `${unlike.role} ${unlike.version} as rendered from history is not what was signed. Stop the projectors, drop their schemas and start again: they fold the log anew.`,
  );
}

/** The first version whose text is not the one that was signed. */
function firstUnlike(
  versions: readonly StoredVersion[],
  texts: readonly string[],
): StoredVersion | undefined {
  return versions.find(
    ({ text, sha256 }, i) =>
      text === undefined && createHash('sha256').update(texts[i]!).digest('hex') !== sha256,
  );
}

async function requireFolded(sources: VersionSources, position: number): Promise<void> {
  for (const source of [sources.root, sources.targets, sources.snapshot]) {
    const folded = await readWatermark(source);
    if (folded > position) continue;
    throw new StoreError(
      'projection-conflict',
      `A projection has lost commits and stands at position ${folded}; what was drafted at ${position} can be rendered when it is folded again.`,
    );
  }
}

async function render(
  sources: VersionSources,
  opened: LedgerOpened,
  versions: readonly StoredVersion[],
): Promise<string[]> {
  const unkept = versions.filter(({ text }) => text === undefined);
  const isState = ({ role }: StoredVersion) => role === 'snapshot' || role === 'timestamp';
  const rendered = new Map<StoredVersion, string>();
  const bins = unkept.filter(stored => !isState(stored));
  (await renderBins(sources, opened, bins)).forEach((text, i) => {
    rendered.set(bins[i]!, text);
  });
  for (const stored of unkept.filter(isState)) {
    const { role } = stored;
    const text =
      role === 'snapshot' ? renderSnapshot(sources, opened, stored) : renderTimestamp(sources, stored);
    rendered.set(stored, await text);
  }
  return versions.map(stored => stored.text ?? rendered.get(stored)!);
}

/** The timestamp of a state lists the snapshot of the same number, whose file was complete before it was drafted. */
async function renderTimestamp({ snapshot }: VersionSources, stored: StoredVersion): Promise<string> {
  const { version, expires } = stored;
  const listed = await readVersion(snapshot, 'snapshot', version);
  const completed = listed?.completed ?? -1;
  const [file] = await readRows(snapshot, snapshotFilesBetween(completed, completed));
  const { length, sha256 } = file ?? { length: 0, sha256: '' };
  return timestampText({ version, expires: formatExpires(expires), snapshot: { version, length, sha256 } });
}

async function renderBins(
  { targets }: VersionSources,
  { bins }: LedgerOpened,
  versions: readonly StoredVersion[],
): Promise<string[]> {
  if (versions.length === 0) return [];
  // Of roles that are no bins only those without targets are drafted by these rules, and their texts are kept.
  const wanted = versions.map(({ role, drafted }) => ({
    bin: binIndex(role, bins.count) ?? -1,
    position: drafted,
  }));
  const contents = await readBinsAt(targets, wanted);
  return versions.map(({ version, expires }, i) =>
    targetsText({ version, expires: formatExpires(expires), fragments: binFragments(contents[i]!) }),
  );
}

async function renderSnapshot(
  sources: VersionSources,
  { bins, origin }: LedgerOpened,
  stored: StoredVersion,
): Promise<string> {
  const [cut] = await readRows(sources.root, cutsBetween(stored.drafted, stored.drafted));
  const versions = await readVersionsAsOf(sources.targets, stored.drafted);
  const meta = snapshotOrder(bins.count).map(role => metaFragment(role, versions.get(role)!));
  return snapshotText({
    version: stored.version,
    expires: formatExpires(stored.expires),
    meta: meta.join(','),
    ledger: { origin, size: stored.drafted + 1, rootHash: cut?.rootHash ?? '' },
  });
}
