// What the ledger has made of its records: targets, roles, states and rejections.

import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { isProjectName } from '#ledger';
import { answers, listQueries } from '../openapi.js';
import { integerOf, limitOf, optionalInteger, textOf } from '../paging.js';
import { Problem } from '../problem.js';
import { ListRejections } from '../queries/rejections.js';
import { GetRoleVersion, ListRoles } from '../queries/roles.js';
import { ListStates } from '../queries/states.js';
import { GetTarget, ListTargets } from '../queries/targets.js';

@ApiTags('ledger')
@Controller('v1')
export class RepositoryController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('targets')
  @ApiOperation({
    summary: 'Targets in the order of their paths, of one project or all; removed paths are marked.',
  })
  @ApiQuery({ name: 'project', required: false, description: 'In the normal form of PEP 503.' })
  @listQueries({ name: 'after', type: 'string', description: 'Paths above this one.' })
  @answers('TargetList', 400, 503)
  targets(
    @Query('project') project: unknown,
    @Query('after') after: unknown,
    @Query('limit') limit: unknown,
  ) {
    const of = projectOf(project);
    const page = { after: textOf('after', after), limit: limitOf(limit) };
    return this.queries.execute(new ListTargets(of === undefined ? page : { ...page, project: of }));
  }

  @Get('targets/*path')
  @ApiOperation({
    summary: 'A target: what is known of its path now, and its history with positions, oldest first.',
  })
  @ApiParam({ name: 'path', description: 'The whole path, with its slashes.' })
  @listQueries({ name: 'after', type: 'integer', description: 'History above this position.' })
  @answers('TargetHistory', 400, 404, 503)
  target(
    @Param('path') path: string | string[],
    @Query('after') after: unknown,
    @Query('limit') limit: unknown,
  ) {
    const page = { after: optionalInteger('after', after, -1) ?? -1, limit: limitOf(limit) };
    return this.queries.execute(new GetTarget([path].flat().join('/'), page));
  }

  @Get('roles')
  @ApiOperation({ summary: 'The newest complete version of every role, by name.' })
  @listQueries({ name: 'after', type: 'string', description: 'Roles above this name.' })
  @answers('RoleList', 400, 503)
  roles(@Query('after') after: unknown, @Query('limit') limit: unknown) {
    return this.queries.execute(new ListRoles({ after: textOf('after', after), limit: limitOf(limit) }));
  }

  @Get('roles/:role/versions/:version')
  @ApiOperation({
    summary: 'Any version of a role with its metadata, rendered again from history where it is old.',
  })
  @ApiParam({ name: 'role', type: 'string' })
  @ApiParam({ name: 'version', type: 'integer' })
  @answers('RoleVersionFile', 400, 404, 503)
  roleVersion(@Param('role') role: string, @Param('version') version: string) {
    return this.queries.execute(
      new GetRoleVersion(role, integerOf('version', version, 1, Number.MAX_SAFE_INTEGER)),
    );
  }

  @Get('states')
  @ApiOperation({ summary: 'States of the repository, newest first.' })
  @listQueries({ name: 'before', type: 'integer', description: 'States below this one.' })
  @answers('StateList', 400, 503)
  states(@Query('before') before: unknown, @Query('limit') limit: unknown) {
    const from = optionalInteger('before', before) ?? Number.MAX_SAFE_INTEGER;
    return this.queries.execute(new ListStates(from, limitOf(limit)));
  }

  @Get('rejections')
  @ApiOperation({
    summary: 'Rejected events, newest first; oldest first where "after" is given.',
    description:
      'A page ends with a whole record; "next" is the cursor for the parameter that was given, "before" if none was.',
  })
  @listQueries(
    { name: 'before', type: 'integer', description: 'Rejections below this position, newest first.' },
    { name: 'after', type: 'integer', description: 'Rejections above this position, oldest first.' },
  )
  @answers('RejectionList', 400, 503)
  rejections(
    @Query('before') before: unknown,
    @Query('after') after: unknown,
    @Query('limit') limit: unknown,
  ) {
    const [below, above] = [optionalInteger('before', before), optionalInteger('after', after, -1)];
    if (below !== undefined && above !== undefined)
      throw new Problem('query-invalid', 'Give "before" or "after", not both.');
    const from = above === undefined ? { before: below ?? Number.MAX_SAFE_INTEGER } : { after: above };
    return this.queries.execute(new ListRejections(from, limitOf(limit)));
  }
}

function projectOf(project: unknown): string | undefined {
  if (project === undefined) return undefined;
  if (typeof project === 'string' && isProjectName(project)) return project;
  throw new Problem(
    'query-invalid',
    'project must be in the normal form of PEP 503: lower case, single hyphens.',
  );
}
