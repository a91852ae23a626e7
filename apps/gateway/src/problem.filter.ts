// Turns every error of a request into its problem document, so that no error is ever answered in another form.

import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { Request, Response } from 'express';
import { problemOf } from './known-problem.js';
import { GATEWAY_PARTS, type GatewayParts } from './parts.js';
import type { Problem } from './problem.js';

/** The media type of a problem document (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(GATEWAY_PARTS) private readonly parts: Pick<GatewayParts, 'report'>) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const problem = problemOf(error);
    if (problem.status >= 500) this.tell(problem, http.getRequest<Request>());
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  }

  private tell(problem: Problem, { method, path }: Request): void {
    const cause = problem.cause instanceof Error ? problem.cause.stack : undefined;
    const level = problem.code === 'internal' ? 'error' : 'warn';
    this.parts.report(level, problem.detail, { code: problem.code, method, path, ...(cause && { cause }) });
  }
}

/** Sends a problem document with its status and headers. */
function sendProblem(response: Response, problem: Problem): void {
  response.status(problem.status);
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.type(PROBLEM_TYPE).send(JSON.stringify(problem));
}
