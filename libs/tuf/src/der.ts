// The little DER (X.690, section 10) that public keys and ECDSA signatures need, read strictly: definite lengths in
// their shortest form, nothing missing, nothing left over. What breaks this is `undefined`, for the caller to name.

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const SEQUENCE = 0x30;

/** Contents of the elements that make up all of `bytes`, if they have exactly these tags in this order. */
export function readDer(bytes: Uint8Array, ...tags: number[]): Uint8Array[] | undefined {
  const contents: Uint8Array[] = [];
  let offset = 0;
  for (const tag of tags) {
    if (bytes[offset] !== tag) return undefined;
    const length = readLength(bytes, offset + 1);
    if (length === undefined) return undefined;
    const start = offset + 1 + length.size;
    offset = start + length.value;
    if (offset > bytes.length) return undefined;
    contents.push(bytes.subarray(start, offset));
  }
  return offset === bytes.length ? contents : undefined;
}

/** Value of an INTEGER's content, if it is minimal and not negative (X.690, 8.3). */
export function readUnsigned(content: Uint8Array): bigint | undefined {
  const [first, second] = content;
  if (first === undefined || first >= 0x80) return undefined;
  if (first === 0 && second !== undefined && second < 0x80) return undefined;
  return bigEndian(content);
}

/** Unsigned big-endian integer; of no bytes it is 0. */
export function bigEndian(bytes: Uint8Array): bigint {
  let hex = '0x0';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return BigInt(hex);
}

/** Length of up to 65,535 (X.690, 8.1.3), and how many bytes it takes. */
function readLength(bytes: Uint8Array, offset: number): { value: number; size: number } | undefined {
  const [first, second, third] = bytes.subarray(offset, offset + 3);
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, size: 1 };
  if (first === 0x81 && second !== undefined && second >= 0x80) return { value: second, size: 2 };
  if (first === 0x82 && second !== undefined && second > 0 && third !== undefined)
    return { value: (second << 8) | third, size: 3 };
  return undefined;
}
