// Serves the repository under /metadata/. Everything but the timestamp has its version in its name and never changes, so any
// cache may keep it for ever; the timestamp must be asked for anew each time. A missing file is 404, never 403:
// clients learn so that there is no newer root.

import { createHash } from 'node:crypto';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Files } from '#files';

/** The metadata store, as this controller reads it. */
export const METADATA_FILES = Symbol('METADATA_FILES');

/** One year, in seconds: the longest that caches heed. */
const IMMUTABLE_SECONDS = 31_536_000;
const NAME_FORM = /^([1-9][0-9]{0,15}\.)?[a-z0-9._-]{1,64}\.json$/;

@ApiTags('metadata')
@Controller('metadata')
export class MetadataController {
  constructor(@Inject(METADATA_FILES) private readonly files: Files) {}

  @Get(':name')
  @ApiOperation({ summary: 'A file of the TUF repository, e.g. timestamp.json or 1.root.json.' })
  async file(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const bytes = NAME_FORM.test(name) ? await this.files.read(name) : undefined;
    if (!bytes) {
      response.setHeader('Cache-Control', 'no-store');
      response
        .status(404)
        .type('application/problem+json')
        .send(JSON.stringify(notThere(name)));
      return;
    }
    response.setHeader('Content-Type', 'application/json');
    // Weak: the same file may leave compressed or not.
    response.setHeader('ETag', `W/"${createHash('sha256').update(bytes).digest('base64url')}"`);
    response.setHeader(
      'Cache-Control',
      name === 'timestamp.json' ? 'no-cache' : `public, max-age=${IMMUTABLE_SECONDS}, immutable`,
    );
    if (request.fresh) response.status(304).end();
    else response.status(200).end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}

function notThere(name: string): Record<string, unknown> {
  return {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    code: 'metadata-unknown',
    detail: `There is no metadata file "${name}". /metadata/timestamp.json is the newest state; versioned names are listed in its snapshot.`,
  };
}
