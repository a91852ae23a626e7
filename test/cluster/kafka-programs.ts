// A Kafka broker's programs, from Maven Central: copied once below .cache/kafka, in a folder named by what it was made from.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_FOLDER } from '../fixtures/project-folder.js';

const run = promisify(execFile);
const POM = join(PROJECT_FOLDER, 'test/cluster/kafka/pom.xml');
const CACHE = join(PROJECT_FOLDER, '.cache/kafka');

/** Longest time that copying may take, in milliseconds: it downloads 45 MB. */
export const KAFKA_PREPARATION_LIMIT_MS = 600_000;
/** Brokers from 4.0 on need it. */
const LEAST_JAVA = 17;

/** What this machine lacks to run a broker and how to get it; undefined where it lacks nothing. */
export function whatKafkaLacks(): string | undefined {
  const java = versionOf('java', /version "(\d+)/);
  if (java === undefined || java < LEAST_JAVA)
    return `a Kafka broker needs Java ${LEAST_JAVA} or newer (Debian, Ubuntu: apt install openjdk-17-jre-headless)`;
  if (versionOf('mvn', /Apache Maven (\d+)/) === undefined)
    return 'a Kafka broker is fetched with Maven (Debian, Ubuntu: apt install maven)';
  return undefined;
}

function versionOf(program: string, form: RegExp): number | undefined {
  try {
    // Java tells its version on standard error.
    const said = execFileSync('sh', ['-c', `${program} -version 2>&1`], { encoding: 'utf8' });
    const [, version] = form.exec(said) ?? [];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined;
  }
}

let copied: Promise<string> | undefined;

/** The class path of a broker. */
export function kafkaClassPath(): Promise<string> {
  copied ??= copyPrograms();
  // What failed for want of a network may be tried again.
  copied.catch(() => {
    copied = undefined;
  });
  return copied;
}

async function copyPrograms(): Promise<string> {
  const made = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 16);
  const folder = join(CACHE, made);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    await mkdir(CACHE, { recursive: true });
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${draft}`];
    await run('mvn', ['--quiet', '--batch-mode', '--file', POM, ...goal], {
      timeout: KAFKA_PREPARATION_LIMIT_MS,
    });
    // Another process may have been first; then its folder serves us too.
    await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  }
  return join(folder, '*');
}
