// What the imported files take on the disk.

import type { Bench } from '../bench.js';
import { folderMiB } from '../driving/folder-size.js';
import type { LedgerProcess } from '../driving/ledger-process.js';
import type { Figure } from '../report/figure.js';

const MIB = 1024 * 1024;

export async function measureDisk(bench: Bench<LedgerProcess>): Promise<Figure[]> {
  const imported = await bench.imported();
  const { bytes } = await imported.log(() => bench.workplace.folder('log'));
  const { folder } = imported.parts.ledger;
  const unit = 'MiB';
  const limit = { value: bytes / MIB, of: "the bytes of the log's values" };
  return [
    {
      key: 'disk.postgres',
      name: 'disk: Postgres (the log and the projections)',
      unit,
      value: await folderMiB(folder, 'postgres'),
      limit,
    },
    {
      key: 'disk.repository',
      name: 'disk: the repository, all versions of all files',
      unit,
      value: await folderMiB(folder, 'repository'),
      limit,
    },
  ];
}
