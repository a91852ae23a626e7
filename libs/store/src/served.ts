// What the repository service has written to the metadata store: the newest state whose every file is there. A gateway that was
// asked to wait until something is published waits for this.

import type { DataSource } from 'typeorm';
import type { CompleteState } from '#projection';
import { inTransaction } from './database.js';
import { notifyProgress } from './progress-notice.js';

/** Its `position` is, as in every schema's `progress`, the number of records that what is served comes from and was completed by. */
export const SERVED_TABLE = `
  CREATE TABLE progress (
    id smallint PRIMARY KEY CHECK (id = 1),
    position bigint NOT NULL,
    state bigint NOT NULL
  )`;

/** Notes that a state is served, and tells those who wait. */
export async function writeServed(source: DataSource, { state, position }: CompleteState): Promise<void> {
  await inTransaction(source, async runner => {
    await runner.query(
      `INSERT INTO progress VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET position = excluded.position, state = excluded.state`,
      [position + 1, state],
    );
    await notifyProgress(runner, source, position + 1);
  });
}
