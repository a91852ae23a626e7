/** What a ledger holds of files, decided by the ledger's own rules and without the rest of it. */

import type { FileEvent, Verdict } from '#ledger';
import { type BinContent, decideFile } from '#projection';
import type { HeldTarget } from '../src/plan.js';

export class FileLedger {
  readonly #content: BinContent = new Map();

  apply(event: FileEvent): Verdict {
    return decideFile(this.#content, `${event.project}/${event.filename}`, event);
  }

  /** As `GET /v1/targets` lists them, by path. */
  held(): Map<string, HeldTarget> {
    const paths = [...this.#content.keys()].sort();
    return new Map(
      paths.map(path => {
        const { target, removed } = this.#content.get(path)!;
        const { length, yanked, ...hashes } = target;
        return [
          path,
          { path, length, hashes, ...(yanked !== undefined && { yanked }), ...(removed && { removed }) },
        ];
      }),
    );
  }
}
