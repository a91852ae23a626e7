import { describe, expect, it } from 'vitest';
import { decodeEvent, pathFault, type RawEvent } from '#ledger';
import { targetPath } from '#projection';
import { madeFiles, realProjects, take } from './driving/made-files.js';

const projects = realProjects();
const some = (seed: number, count: number) => take(madeFiles(projects, seed), count);

describe('made files', () => {
  const files = some(1, 20_000);

  it('are the same for a seed, and others for another', () => {
    expect(some(1, 500)).toEqual(files.slice(0, 500));
    expect(some(2, 500)).not.toEqual(files.slice(0, 500));
  });

  it('have paths of their own, each the one that its event names', () => {
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    for (const { path, event } of files.slice(0, 2_000)) {
      expect(pathFault(path)).toBeUndefined();
      const decoded = decodeEvent(JSON.parse(event) as RawEvent);
      if ('rejection' in decoded || decoded.type !== 'file.uploaded') throw new Error(event);
      expect(targetPath(decoded, 'project-file')).toBe(path);
    }
  });

  it('are as long as the real ones: about 100 events fit a record', () => {
    const characters = files.reduce((sum, { event }) => sum + event.length, 0);
    expect(characters / files.length).toBeGreaterThan(250);
    expect(characters / files.length).toBeLessThan(450);
  });

  it('belong to many small projects and a few large ones', () => {
    const sizes = new Map<string, number>();
    for (const { path } of files) sizes.set(path.split('/')[0]!, (sizes.get(path.split('/')[0]!) ?? 0) + 1);
    const ordered = [...sizes.values()].sort((a, b) => a - b);
    expect(ordered[Math.floor(ordered.length / 2)]).toBeLessThan(50);
    expect(ordered.at(-1)).toBeGreaterThan(500);
  });
});
