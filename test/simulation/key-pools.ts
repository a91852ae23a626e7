// The keys that roles come to have as keyholders change them.

import { testKey } from '../fixtures/keys.js';

/** Of the online roles; the signer holds all of them. */
export const ONLINE_POOL = ['online', 'second online', 'third online'].map(testKey);
/** Of root, targets and `bins`. */
export const OFFLINE_POOL = ['root', 'offline', 'other root', 'other offline'].map(testKey);
