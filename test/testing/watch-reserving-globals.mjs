// Preloaded into a process (node --import): writes down, for each of its threads, whether anything touches a global that
// reserves gigabytes of address space. Node's fetch and its relatives do, by the WebAssembly of their HTTP parser.
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';

const RESERVING = ['WebAssembly', 'fetch', 'Request', 'Response', 'Headers', 'FormData', 'WebSocket', 'EventSource'];

const role = basename(process.argv[1] ?? '', '.js');
const thread = isMainThread ? role : `${role} slot ${workerData?.index}`;
const write = line => appendFileSync(join(process.env.MILLRACE_TEST_WATCH, 'touched.txt'), `${thread}: ${line}\n`);

for (const name of RESERVING) {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
  if (!descriptor) continue;
  const get = () => {
    write(`touches ${name}\n${new Error().stack}`);
    return descriptor.get ? descriptor.get.call(globalThis) : descriptor.value;
  };
  Object.defineProperty(globalThis, name, {
    get,
    set: descriptor.set,
    configurable: true,
    enumerable: descriptor.enumerable,
  });
}
write('watched');
