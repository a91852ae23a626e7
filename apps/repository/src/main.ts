// The repository service as a process of its own: it writes the metadata store and serves it. It does not read the log.

import { FolderFiles } from '#files';
import {
  dependenciesOn,
  LastCutAspect,
  LedgerDatabase,
  lastCutOf,
  patiently,
  runService,
  type Service,
  type ServiceContext,
} from '#host';
import { readNewestState } from '#store';
import { Repository } from './repository.js';
import { RepositoryModule } from './repository.module.js';
import { ServedAspect } from './served-aspect.js';
import { repositorySettings } from './settings.js';

await runService('repository', repositoryService);

async function repositoryService({ environment, report }: ServiceContext): Promise<Service> {
  const { file, address, at, folder } = repositorySettings(environment);
  const files = await FolderFiles.open(folder);
  const database = new LedgerDatabase(at, 'repository');
  const { sources, watermarks, prefix } = database;
  const ground = { opened: file.opened, files, sources, own: database.own!, watermarks, prefix, report };
  const repository = new Repository(ground);
  const dependencies = dependenciesOn({ database });
  return {
    address,
    modules: [RepositoryModule.register(files)],
    aspects: [
      dependencies,
      new ServedAspect(repository, () => readNewestState(sources.timestamp)),
      new LastCutAspect(() => lastCutOf(sources.root)),
    ],
    begin: async signal => {
      dependencies.start();
      await patiently(() => database.connect(), { report, signal });
      // The projector may not have made its tables yet.
      await patiently(() => readNewestState(sources.timestamp), { report, signal });
      repository.start();
    },
    end: async () => {
      dependencies.stop();
      await repository.stop();
      await database.close();
    },
  };
}
