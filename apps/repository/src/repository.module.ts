import { type DynamicModule, Module } from '@nestjs/common';
import type { Files } from '#files';
import { METADATA_FILES, MetadataController } from './metadata.controller.js';

/** Serves the files of a metadata store under /metadata/. */
@Module({})
export class RepositoryModule {
  static register(files: Files): DynamicModule {
    return {
      module: RepositoryModule,
      controllers: [MetadataController],
      providers: [{ provide: METADATA_FILES, useValue: files }],
    };
  }
}
