import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cutSeconds, dueLead } from '#projection';
import { nativeCrypto } from '#signing';
import { binName } from '#tuf';
import { TEST_EPOCH_MS, TestLedger } from '../../../test/fixtures/test-ledger.js';

/** floor(W * (2^32 + h) / 2^33), from the formula as it is written. */
function lead(role: string, window: bigint): bigint {
  const h = BigInt(`0x${createHash('sha256').update(role, 'utf8').digest('hex').slice(0, 8)}`);
  return (window * (2n ** 32n + h)) / 2n ** 33n;
}

describe('the lead of a role on its expiry', () => {
  it.each([
    ['bins-0', 43_200],
    ['bins-3fff', 43_200],
    ['snapshot', 3_155_760_000],
    ['timestamp', 1],
    ['root', 0],
  ])('of %s, by a window of %i', (role, window) => {
    expect(dueLead(role, window, nativeCrypto)).toBe(Number(lead(role, BigInt(window))));
  });

  it('is exact where doubles are not', () => {
    const window = 3_155_760_000;
    const roles = Array.from({ length: 16_384 }, (_, bin) => binName(bin, 16_384));
    expect(
      roles.filter(role => BigInt(dueLead(role, window, nativeCrypto)) !== lead(role, BigInt(window))),
    ).toEqual([]);
  });

  it('lies in the half of the window that is farthest from the expiry, spread evenly', () => {
    const leads = Array.from({ length: 4096 }, (_, bin) => dueLead(binName(bin, 4096), 80_000, nativeCrypto));
    const eighths = Array(8).fill(0);
    for (const seconds of leads) eighths[Math.floor(((seconds - 40_000) / 40_000) * 8)]++;
    expect(Math.min(...leads)).toBeGreaterThanOrEqual(40_000);
    expect(Math.max(...leads)).toBeLessThan(80_000);
    expect(Math.min(...eighths)).toBeGreaterThan(400);
  });

  // h is 0x2c3b4ecf and 0x323748f8.
  it('has these values', () => {
    expect(dueLead('bins-0', 43_200, nativeCrypto)).toBe(25_332);
    expect(dueLead('timestamp', 43_200, nativeCrypto)).toBe(25_836);
  });
});

describe("a cut's seconds", () => {
  it.each([
    [0, 0],
    [999, 0],
    [1000, 1],
    [1_767_225_600_999, 1_767_225_600],
  ])('of %i are %i', (at, seconds) => {
    expect(cutSeconds(at)).toBe(seconds);
  });
});

describe('due bins', () => {
  const count = 16;
  const lifetime = 1000;
  const window = 500;
  /** The second from which each bin is due after a state at TEST_EPOCH_MS. */
  const dueFrom = Array.from({ length: count }, (_, bin) => {
    const expires = BigInt(TEST_EPOCH_MS / 1000 + lifetime);
    return Number(expires - lead(binName(bin, count), BigInt(window)));
  });

  const published = () => {
    const ledger = new TestLedger({ count, crypto: nativeCrypto, lifetime, window }).open();
    ledger.publish(TEST_EPOCH_MS);
    return ledger;
  };
  const plannedAt = (at: number) => published().cut({ at }).targets.planned;

  it('are those whose second has come, bin by bin', () => {
    const seconds = [...new Set(dueFrom)].sort((a, b) => a - b);
    expect(seconds.length).toBeGreaterThan(count / 2);
    for (const second of [seconds[0]!, seconds[3]!, seconds.at(-1)!]) {
      const due = (now: number) => [...dueFrom.keys()].filter(bin => now >= dueFrom[bin]!);
      expect(plannedAt(second * 1000 - 1)).toEqual(due(second - 1));
      expect(plannedAt(second * 1000)).toEqual(due(second));
    }
  });

  it('get a new version, with the same content and a new expiry', () => {
    const ledger = published();
    const at = Math.min(...dueFrom) * 1000;
    const bin = dueFrom.indexOf(Math.min(...dueFrom));
    const [draft] = ledger.cut({ at }).targets.drafted;
    expect(draft).toMatchObject({ role: binName(bin, count), version: 2, expires: at / 1000 + lifetime });
    ledger.sign();
    expect(ledger.cut({ at: at + 1000 }).targets.planned).not.toContain(bin);
  });

  it('whose draft died stay due', () => {
    const ledger = published();
    const at = Math.max(...dueFrom) * 1000;
    expect(ledger.cut({ at }).targets.planned).toHaveLength(count);
    const again = ledger.cut({ at: at + 1 }).targets.drafted;
    expect(again.map(({ version }) => version)).toEqual(Array(count).fill(3));
  });
});
