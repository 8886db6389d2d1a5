/** Entry of a slot's thread: one SlotRuntime, told what to do over the port to the main thread. */
import { Console } from 'node:console';
import { openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { Configuration } from '../../core/config/index.js';
import { deserializeError } from '../../core/errors.js';
import { createLogger, writeFully } from '../../core/logging.js';
import { createFileSystems } from '../../yarn-bridge/filesystems/index.js';
import type { RingMemory } from '../network/ring-memory.js';
import { bindFunctions } from './bind-functions.js';
import { HeapWatch } from './heap-watch.js';
import { SlotRuntime } from './slot-runtime.js';
import type { FromSlot, SlotWorkerData, ToSlot } from './worker-messages.js';

process.setSourceMapsEnabled(true);

// What a thread writes to process.stdout passes through the main thread, and is lost when the thread ends.
globalThis.console = new Console({ stdout: synchronous(1), stderr: synchronous(2) });

// An author's call would end the thread without a word of where it came from.
const endThread = process.exit.bind(process);
process.exit = (code): never => {
  throw new Error(
    `process.exit(${code ?? ''}) was called in a job: throw an error to fail the job, or return to go on.`,
  );
};
// Node ends a thread by the same call, once nobody has caught an error.
process.on('uncaughtExceptionMonitor', () => {
  if (process.listenerCount('uncaughtException') === 0) process.exit = endThread;
});

const port = parentPort!;
const data = workerData as SlotWorkerData;
const send = (message: FromSlot): void => port.postMessage(message);
const logFd = data.logFile === undefined ? 2 : openSync(data.logFile, 'a');
const logger = createLogger({ component: `slot ${data.index}`, write: line => writeFully(logFd, line) });
const fileSystems = createFileSystems(Configuration.from(data.properties));
let bundleFile: string | undefined;

/** What the main thread has been asked to join this slot to. */
const linking = new Map<number, { resolve(memory: RingMemory): void; reject(error: unknown): void }>();
let nextLink = 0;

const watch = new HeapWatch({
  index: data.index,
  limit: data.heapLimit,
  processMemory: data.processMemory,
  onExceeded: error => runtime.abort(error),
});

const runtime = await SlotRuntime.start({
  id: data.id,
  bindHost: data.bindHost,
  host: data.host,
  port: data.port,
  secret: data.secret,
  fileSystems,
  networkMemory: data.networkMemory,
  tmpDir: data.tmpDir,
  sortMemory: data.sortMemory,
  ...(data.debloat && { debloat: data.debloat }),
  link: producer =>
    new Promise((resolve, reject) => {
      const id = nextLink++;
      linking.set(id, { resolve, reject });
      send({ type: 'link', id, producer });
    }),
  logger,
  report: update => send({ type: 'state', update }),
  bind: job => bindFunctions(job, bundleFile),
  afterSlice: watch.poll,
  onNetworkOutgrown: () => watch.check(),
});

port.on('message', (message: ToSlot) => {
  switch (message.type) {
    case 'submit':
      bundleFile = message.bundleFile;
      runtime.submit(message.job, message.tasks);
      break;
    case 'cancel':
      runtime.cancel(message.executionId);
      break;
    case 'serve':
      runtime.serve(message.memory);
      break;
    case 'linked':
      linking.get(message.id)?.resolve(message.memory);
      linking.delete(message.id);
      break;
    case 'notLinked':
      linking.get(message.id)?.reject(deserializeError(message.error));
      linking.delete(message.id);
      break;
    case 'usage': {
      const { used_heap_size, external_memory } = getHeapStatistics();
      const heapUsed = used_heap_size + external_memory;
      send({ type: 'usage', id: message.id, heapUsed, tasks: runtime.metrics() });
      break;
    }
    case 'shed':
      runtime.shed();
      break;
    case 'close':
      void close();
  }
});

send({ type: 'listening', data: runtime.data });

/** An author's timers and sockets may still be open: the thread is ended whatever is left. */
async function close(): Promise<void> {
  watch.close();
  try {
    await runtime.close();
    await fileSystems.close();
  } catch (error) {
    logger.error('The slot was not closed cleanly.', error);
  }
  send({ type: 'closed' });
  endThread(0);
}

function synchronous(fd: number): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Uint8Array, _encoding, done) => {
      writeFully(fd, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      done();
    },
  });
}
