import { HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { HostError } from '#host';
import { LedgerError } from '#ledger';
import { LogError } from '#log';
import { StoreError } from '#store';
import { problemOf } from '../src/known-problem.js';
import { GATEWAY_CODES, Problem } from '../src/problem.js';

const bodyError = (type: string) =>
  new HttpException('x', 400, { cause: Object.assign(new Error('x'), { type }) });

describe('a problem', () => {
  it('is a document with a stable type, and an error status', () => {
    for (const code of GATEWAY_CODES) {
      const document = new Problem(code, 'What was wrong.', { event: 3 }).toJSON();
      expect(document).toMatchObject({
        type: `urn:tuf-ledger:problem:${code}`,
        code,
        detail: 'What was wrong.',
        event: 3,
      });
      expect(document.status).toBeGreaterThanOrEqual(400);
    }
    expect(new Problem('path-dots', 'x').status).toBe(422);
    expect(new Problem('target-unknown', 'x').status).toBe(404);
  });

  it('says when to try again, where that helps', () => {
    expect(new Problem('busy', 'x').headers).toEqual({ 'Retry-After': '1' });
    expect(new Problem('noise', 'x').headers).toEqual({});
  });

  it.each([
    [new LogError('log-busy', 'x'), 'busy'],
    [new LogError('log-unavailable', 'x'), 'log-unavailable'],
    [new LogError('log-closed', 'x'), 'stopping'],
    [new LogError('log-forked', 'x'), 'log-forked'],
    [new LogError('log-shape', 'x'), 'internal'],
    [new StoreError('store-unavailable', 'x'), 'store-unavailable'],
    [new StoreError('store-shape', 'x'), 'internal'],
    [new HostError('log-forked', 'x'), 'log-forked'],
    [new LedgerError('rules-unknown', 'x'), 'rules-unknown'],
    [new LedgerError('record-too-large', 'x'), 'record-too-large'],
    [new NotFoundException(), 'route-unknown'],
    [bodyError('entity.too.large'), 'body-too-large'],
    [bodyError('encoding.unsupported'), 'media-type'],
    [bodyError('request.aborted'), 'body-incomplete'],
    [new HttpException('x', 400), 'query-invalid'],
    [new Error('a secret'), 'internal'],
    ['no error at all', 'internal'],
    [undefined, 'internal'],
  ])('is made of %s', (error, code) => {
    const problem = problemOf(error);
    expect(problem.code).toBe(code);
    expect(problem.detail).not.toContain('secret');
  });
});
