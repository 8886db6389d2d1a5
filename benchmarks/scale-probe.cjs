// Preloaded into the processes of a cluster that scale.ts measures: on SIGUSR2 a process collects its garbage and writes
// what it still holds to MILLRACE_PROBE_DIR/<pid>.json.
const { readdirSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const dir = process.env.MILLRACE_PROBE_DIR;

function count(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function listeners() {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

if (isMainThread && dir) {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    gc();
    // What finalizers let go of falls to the second one.
    setTimeout(() => {
      gc();
      const file = join(dir, `${process.pid}.json`);
      const { heapUsed, external, rss } = process.memoryUsage();
      const held = {
        heapUsed,
        external,
        rss,
        resources: count(process.getActiveResourcesInfo()),
        listeners: listeners(),
        files: readdirSync('/proc/self/fd').length - 1,
        threads: readdirSync('/proc/self/task').length,
      };
      writeFileSync(`${file}.part`, JSON.stringify(held));
      renameSync(`${file}.part`, file);
    }, 50);
  });
}
