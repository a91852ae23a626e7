import { type DynamicModule, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import compression from 'compression';
import type { Files } from '#files';
import { METADATA_FILES, MetadataController } from './metadata.controller.js';

/** Serves the files of a metadata store under /metadata/, compressed for clients that ask for it. */
@Module({})
export class RepositoryModule implements NestModule {
  static register(files: Files): DynamicModule {
    return {
      module: RepositoryModule,
      controllers: [MetadataController],
      providers: [{ provide: METADATA_FILES, useValue: files }],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(compression()).forRoutes(MetadataController);
  }
}
