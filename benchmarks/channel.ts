// Frames between two threads, by ring and by WebSocket: npx tsx benchmarks/channel.ts [--runs 5] [--megabytes 400]
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createRingMemory } from '../taskmanager/network/ring-memory.js';
import type { Join, ThreadData } from './channel-thread.js';
import { settings } from './cluster.js';
import { Measurement } from './measurement.js';

const KB = 1024;
const MB = KB * KB;
const CREDITS = 16;
const MOST_FRAMES = 50_000;
const options = settings({ runs: 5, megabytes: 400, ring: 256, size: 0 });
const figures = new Measurement('channel', options);

async function thread(data: ThreadData): Promise<Worker> {
  const worker = new Worker(new URL('./channel-thread.mjs', import.meta.url), { workerData: data });
  await once(worker, 'message');
  return worker;
}

async function measure(kind: 'ring' | 'WebSocket', size: number): Promise<void> {
  const frames = Math.min(MOST_FRAMES, Math.ceil((options.megabytes * MB) / size));
  const common = { size, frames, credits: CREDITS };
  const [producer, consumer] = await Promise.all([
    thread({ ...common, side: 'producer' }),
    thread({ ...common, side: 'consumer' }),
  ]);
  const join: Join = { memory: createRingMemory(options.ring * KB) };
  const before = process.cpuUsage();
  if (kind === 'ring') for (const worker of [producer, consumer]) worker.postMessage(join);
  else {
    producer.postMessage({ port: 0 });
    const [message] = (await once(producer, 'message')) as [{ port: number }];
    consumer.postMessage(message);
  }
  const [{ ms, bytes }] = (await once(consumer, 'message')) as [{ ms: number; bytes: number }];
  const { user, system } = process.cpuUsage(before);
  if (bytes !== frames * size) throw new Error(`${bytes} bytes came instead of ${frames * size}`);
  await Promise.all([producer.terminate(), consumer.terminate()]);
  const what = `${kind}, ${size < KB ? `${size} B` : `${size / KB} KiB`} a frame`;
  figures.add(`${what}, frames`, frames / ms, 'k/s');
  figures.add(`${what}, bytes`, bytes / ms / 1000, 'MB/s');
  figures.add(`${what}, CPU of both threads`, (user + system) / frames, 'µs');
}

for (let run = 0; run < options.runs; run++) {
  for (const size of options.size > 0 ? [options.size] : [100, 4 * KB, 32 * KB, 64 * KB])
    for (const kind of ['ring', 'WebSocket'] as const) await measure(kind, size);
}
figures.print();
figures.keep();
