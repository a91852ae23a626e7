import { beforeAll, describe, it } from 'vitest';
import { type ClientKind, clientCommand, PREPARATION_LIMIT_MS, whatIsMissing } from './toolchain.js';

/**
 * A suite that drives a real client. The client is installed or built before its first test.
 *
 * Where the machine lacks the toolchain, the suite is skipped with a printed reason; with CI=true it fails instead, so
 * that a green CI run means that the clients have run.
 */
export function describeWithClient(kind: ClientKind, name: string, suite: () => void): void {
  describeWithPrograms([kind], name, clientCommand, suite);
}

/** A suite that drives programs of these kinds, each of which `prepare` installs or builds before its first test. */
export function describeWithPrograms(
  kinds: readonly ClientKind[],
  name: string,
  prepare: (kind: ClientKind) => Promise<unknown>,
  suite: () => void,
): void {
  const missing = kinds.map(whatIsMissing).find(lack => lack !== undefined);
  const title = `${name} [${kinds.join(', ')}]`;
  if (missing === undefined) {
    describe(title, () => {
      beforeAll(async () => {
        for (const kind of kinds) await prepare(kind);
      }, PREPARATION_LIMIT_MS);
      suite();
    });
    return;
  }
  if (process.env.CI === 'true') {
    describe(title, () => {
      it('has its toolchain', () => {
        throw new Error(`${missing}. With CI=true that is a failure.`);
      });
    });
    return;
  }
  console.warn(`skipped: ${title}: ${missing}`);
  describe.skip(title, suite);
}
