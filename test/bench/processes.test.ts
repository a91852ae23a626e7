import { describe, expect, it } from 'vitest';
import { familyOf, LEDGER, MemoryWatch, processName } from './driving/process-memory.js';

describe('a process', () => {
  it.each([
    ['postgres: postgres postgres 127.0.0.1(40222) idle', 'postgres: client'],
    ['postgres: checkpointer performing shutdown checkpoint', 'postgres: checkpointer'],
    ['postgres: autovacuum worker postgres', 'postgres: autovacuum worker'],
    ['postgres: io worker 2', 'postgres: io worker'],
    ['/usr/lib/postgres/bin/postgres -D /data', 'postgres'],
  ])('of the command %j is called %s', (command, name) => {
    expect(processName(command)).toBe(name);
  });

  it('has a family of all that it started, and no other', () => {
    const process = (pid: number, parent: number) => ({ pid, parent, command: '', kib: 1 });
    const all = [process(1, 0), process(20, 10), process(10, 1), process(30, 20), process(11, 1)];
    expect(familyOf(10, all).map(({ pid }) => pid)).toEqual([10, 20, 30]);
  });

  it('is watched: this one holds what it allocates', async () => {
    const watch = new MemoryWatch(process.pid);
    const held = Buffer.alloc(64 * 1024 * 1024, 1);
    const { processes } = await watch.peaks();
    watch.stop();
    expect(processes.find(({ name }) => name === LEDGER)!.mib).toBeGreaterThan(held.length / 2 ** 20);
  });
});
