// What the HTTP server needs beside its controllers: how bodies are read, what is measured, and the documentation.

import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import type { BearerTokens } from './bearer-tokens.js';
import type { History } from './history.js';
import type { Metrics } from './metrics.js';
import { SCHEMAS } from './openapi.js';
import { BEARER_TOKENS, GATEWAY_PARTS, type GatewayParts, METRICS } from './parts.js';
import { authenticate, hasRecordsBody, MAX_BODY_BYTES } from './records-intake.js';

/** Sets up an application that holds the GatewayModule. Call it before the application listens; create that with `bodyParser: false`. */
export function configureHttp(application: INestApplication): void {
  const app = application as NestExpressApplication;
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(app.get<Metrics>(METRICS).observe);
  app.use(authenticate(app.get<BearerTokens>(BEARER_TOKENS)));
  app.use(readingOwnWrites(app.get<GatewayParts>(GATEWAY_PARTS).history));
  app.useBodyParser('raw', { limit: MAX_BODY_BYTES, type: hasRecordsBody });
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}

/** Who was told that his events are published, and then asks for what they changed, must find it. */
function readingOwnWrites(history: History) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const asks = request.method === 'GET' && request.originalUrl.startsWith('/v1/');
    void (asks ? history.stored() : Promise.resolve()).then(() => next(), next);
  };
}

function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('tuf-ledger')
    .setDescription('An event-sourced TUF metadata repository for package indexes.')
    .setVersion('1')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config);
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components?.schemas, ...SCHEMAS } },
  };
}
