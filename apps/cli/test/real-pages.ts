/** The pages of twelve projects, as an index served them in 2026. */

import { fileURLToPath } from 'node:url';
import type { Environment } from '../src/environment.js';
import type { ProjectPage } from '../src/page.js';
import { readSources } from '../src/sources.js';

export const REAL_PAGES = fileURLToPath(new URL('../../../test/data/pep691', import.meta.url));

export function readRealPages(): Promise<ProjectPage[]> {
  return readSources([REAL_PAGES], {} as Environment);
}
