// When a role falls due (DESIGN 4): floor(at / 1000) >= expires - floor(W * (2^32 + h) / 2^33), with W its refresh window in
// seconds and h the first 4 bytes of SHA-256 of its name. So roles that were issued together are renewed spread over the
// half of the window that is farthest from their expiry. Exact integers: W * 2^33 does not fit a double.

import type { Crypto } from '#tuf';

/** How many seconds before its expiry the role falls due. */
export function dueLead(role: string, window: number, crypto: Crypto): number {
  const h = Number.parseInt(crypto.sha256Hex(role).slice(0, 8), 16);
  return Number((BigInt(window) * (2n ** 32n + BigInt(h))) / 2n ** 33n);
}

/** The seconds part of a cut's time, by which expiry and due dates are reckoned. */
export function cutSeconds(at: number): number {
  return Math.floor(at / 1000);
}
