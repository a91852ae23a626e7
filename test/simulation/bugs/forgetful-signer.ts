import type { Bug } from '../bug.js';

/** The signer has no memory of what it signed when it starts. It matters where the log came back without its last records. */
export const forgetfulSigner: Bug = {
  name: 'a signer that forgets',
  breaks: ['no equivocation'],
  setting: { mayFork: true, opensLate: false },
  disk: disk => disk.erase('signed/'),
};
