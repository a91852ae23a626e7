// Reads the JSON report of vitest and prints "N passed, N failed" as the last line.
//
//     node count-tests.mjs REPORT STATUS
//
// STATUS is the exit status of the test command. The exit status is 0 only where that was 0, tests have run, and none failed.
import { existsSync, readFileSync } from 'node:fs';

const [reportFile, status] = process.argv.slice(2);

/** A file that failed with no test of its own failing (it didn't load, or a hook threw) counts as one failure. */
function failuresOf(file) {
  const failed = file.assertionResults.filter(test => test.status === 'failed').length;
  return failed === 0 && file.status === 'failed' ? 1 : failed;
}

function read(path) {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')).testResults;
  console.error(`there is no report at ${path}: the test command ended before its tests`);
  return [];
}

const files = read(reportFile);
const count = wanted =>
  files.flatMap(file => file.assertionResults).filter(test => wanted.includes(test.status)).length;
const passed = count(['passed']);
const failed = files.reduce((sum, file) => sum + failuresOf(file), 0);
const skipped = count(['pending', 'skipped', 'todo', 'disabled']);
if (skipped > 0) console.log(`${skipped} skipped`);
if (status !== '0') console.log(`npm test has ended with status ${status}`);
if (passed + failed === 0) console.log('no test has run');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status === '0' && failed === 0 && passed > 0 ? 0 : 1;
