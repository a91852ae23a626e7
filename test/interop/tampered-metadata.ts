/** A metadata file's path and bytes. */
export interface MetadataFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** The parts of a signed role (TUF 4) that attacks read and change. */
export interface Signed {
  version: number;
  expires: string;
  meta?: Record<string, { version: number }>;
  targets?: Record<string, { hashes: { sha256: string } }>;
}

interface ParsedMetadata {
  signatures: unknown[];
  signed: Signed;
}

export function parseMetadata(bytes: Buffer): ParsedMetadata {
  return JSON.parse(bytes.toString()) as ParsedMetadata;
}

/** The file with its signed part changed and its signatures kept, so that it parses but no signature holds. */
export function editSigned(bytes: Buffer, edit: (signed: Signed) => void): Buffer {
  const metadata = parseMetadata(bytes);
  edit(metadata.signed);
  return Buffer.from(JSON.stringify(metadata));
}

/** The file as it is, but for its signatures. */
export function withoutSignatures(bytes: Buffer): Buffer {
  return Buffer.from(JSON.stringify({ ...parseMetadata(bytes), signatures: [] }));
}
