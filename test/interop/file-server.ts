import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize, sep } from 'node:path';

/** Gives the bytes at a path, which has no leading slash; null where there is none. */
export type FileSource = (path: string) => Promise<Buffer | null>;

/** Longer than any test, in milliseconds: a client that reuses a connection must not meet its end. */
const KEEP_ALIVE_MS = 300_000;

/** A static web server on a free port of 127.0.0.1. A path that its source lacks is a 404. */
export class FileServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(source: FileSource): Promise<FileServer> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      void respond(source, request.url ?? '/', response);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new FileServer(server);
  }

  /** Without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

/** The files of a folder and of the folders in it. */
export function folder(root: string): FileSource {
  return async path => {
    const file = normalize(join(root, path));
    if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) return null;
    try {
      return await readFile(file);
    } catch (error) {
      if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      throw error;
    }
  };
}

/** The files of a map from path to bytes; later changes of the map count. */
export function files(content: ReadonlyMap<string, Buffer>): FileSource {
  return async path => content.get(path) ?? null;
}

/** The first answer of several sources; later changes of the list count. */
export function firstOf(sources: readonly FileSource[]): FileSource {
  return async path => {
    for (const source of sources) {
      const bytes = await source(path);
      if (bytes !== null) return bytes;
    }
    return null;
  };
}

async function respond(source: FileSource, url: string, response: ServerResponse): Promise<void> {
  try {
    const bytes = await source(decodeURIComponent(url.slice(1)));
    response.writeHead(bytes === null ? 404 : 200, { 'content-type': 'application/octet-stream' });
    response.end(bytes ?? undefined);
  } catch (error) {
    response.writeHead(502, { 'content-type': 'text/plain' });
    response.end(String(error));
  }
}
