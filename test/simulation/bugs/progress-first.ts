import type { QueryRunner } from 'typeorm';
import type { Bug } from '../bug.js';

/** A projector commits its progress, and then the rows in another transaction. */
export const progressFirst: Bug = {
  name: 'progress before rows',
  breaks: ['rows are the effects of the log', 'liveness'],
  setting: { rates: { store: 60 } },
  source: source => {
    const plain = source.createQueryRunner.bind(source);
    const createQueryRunner = () => {
      const runner = plain();
      const query = runner.query.bind(runner);
      const halving = async (sql: string, values?: unknown[]) => {
        const result = await query(sql, values);
        if (!/ progress\b/.test(sql)) return result;
        await runner.commitTransaction();
        await runner.startTransaction();
        return result;
      };
      return Object.assign(runner, { query: halving }) as QueryRunner;
    };
    return Object.assign(source, { createQueryRunner });
  },
};
