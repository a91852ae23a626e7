import type { FileEntry, Files } from '#files';
import type { Bug } from '../bug.js';

const TIMESTAMP = 'timestamp.json';

/** Hash bins are written after the timestamp of the state that they belong to. */
export const timestampFirst: Bug = {
  name: 'a timestamp before a bin',
  breaks: ['clients verify'],
  files: files => {
    let held: FileEntry[] = [];
    const write: Files['write'] = async (name, bytes) => {
      if (/bins-/.test(name)) return void held.push({ name, bytes });
      await files.write(name, bytes);
      if (name !== TIMESTAMP) return;
      await files.writeAll(held);
      held = [];
    };
    const writeAll: Files['writeAll'] = async entries => {
      for (const { name, bytes } of entries) await write(name, bytes);
    };
    return { ...through(files), write, writeAll };
  },
};

function through(files: Files): Pick<Files, 'read' | 'list' | 'remove'> {
  return {
    read: name => files.read(name),
    list: prefix => files.list(prefix),
    remove: name => files.remove(name),
  };
}
