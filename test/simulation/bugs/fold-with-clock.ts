import type { Facts, ServiceFold } from '#host';
import type { Bug } from '../bug.js';

/** projector-targets takes the time of a cut from its own clock. */
export const foldWithClock: Bug = {
  name: 'a fold that reads the clock',
  breaks: ['liveness', 'rows are the effects of the log'],
  setting: { together: false },
  fold: (fold, clock) => (fold.service === 'targets' ? withClock(fold, clock) : fold),
};

function withClock(fold: ServiceFold, clock: () => number): ServiceFold {
  const timed = (facts: Facts): Facts => {
    const at: Facts['at'] = position => {
      const record = facts.at(position);
      return record.cut ? { ...record, cut: { ...record.cut, at: clock() } } : record;
    };
    return { at } as Facts;
  };
  return new Proxy(fold, {
    get: (target, name: keyof ServiceFold) => {
      if (name === 'fold')
        return (...[steps, offsets, facts]: Parameters<ServiceFold['fold']>) =>
          target.fold(steps, offsets, timed(facts));
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
