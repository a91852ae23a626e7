import { beforeAll, describe, it } from 'vitest';
import { type ClientKind, clientCommand, PREPARATION_LIMIT_MS, whatIsMissing } from './toolchain.js';

/**
 * A suite that drives a real client. The client is installed or built before its first test.
 *
 * Where the machine lacks the toolchain, the suite is skipped with a printed reason; with CI=true it fails instead, so
 * that a green CI run means that the clients have run.
 */
export function describeWithClient(kind: ClientKind, name: string, suite: () => void): void {
  const missing = whatIsMissing(kind);
  const title = `${name} [${kind}]`;
  if (missing === undefined) {
    describe(title, () => {
      beforeAll(async () => {
        await clientCommand(kind);
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
