import type { Bug } from '../bug.js';

/** The repository service doesn't look, when it starts, which state it served last. */
export const rollbackAfterRestart: Bug = {
  name: 'an older state after a restart',
  breaks: ['clients see no rollback'],
  repository: repository => void Object.assign(repository, { floor: 0 }),
};
