import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import type { Limit } from './limits.js';

/** What a slot's batches come to. */
const FRAME_BYTES = 64 * 1024;
const FRAMES = 10_000;
const WARM_UP_FRAMES = 1_000;
/** The sender waits for this much to leave. */
const HIGH_WATER = 1024 * 1024;

/** Frames from one process to another over this host's loopback, server to client as data goes between slots. */
export async function loopback(): Promise<Limit> {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: ['--import', 'tsx'] });
  try {
    const [port] = (await once(child, 'message')) as [number];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false, skipUTF8Validation: true });
    await once(socket, 'open');
    await receive(socket, child, WARM_UP_FRAMES);
    const [cpu, began] = [process.cpuUsage(), performance.now()];
    const senderCpu = await receive(socket, child, FRAMES);
    const { user, system } = process.cpuUsage(cpu);
    const megabytes = (FRAMES * FRAME_BYTES) / 1e6;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    return {
      name: 'WebSocket, frames of 64 KiB',
      unit: 'MB',
      perSecond: megabytes / ((performance.now() - began) / 1e3),
      perCpuSecond: megabytes / ((user + system + senderCpu) / 1e6),
    };
  } finally {
    child.kill();
  }
}

/** Gives the sender's microseconds of CPU. */
async function receive(socket: WebSocket, sender: ChildProcess, frames: number): Promise<number> {
  let left = frames;
  const all = new Promise<void>(resolve => {
    const count = (): void => {
      if (--left > 0) return;
      socket.off('message', count);
      resolve();
    };
    socket.on('message', count);
  });
  const sent = once(sender, 'message');
  sender.send(frames);
  const [[cpu]] = (await Promise.all([sent, all])) as [[number], void];
  return cpu;
}

/** The other process: for each number it is told it sends as many frames, and tells its CPU time. */
function serve(): void {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
    process.send!((server.address() as { port: number }).port);
  });
  const frame = new Uint8Array(FRAME_BYTES);
  process.on('message', (frames: number) => {
    const cpu = process.cpuUsage();
    const [socket] = server.clients;
    let left = frames;
    const more = (): void => {
      while (left > 0 && socket!.bufferedAmount < HIGH_WATER) {
        left--;
        socket!.send(frame, left === 0 ? done : more);
      }
    };
    const done = (): void => {
      const { user, system } = process.cpuUsage(cpu);
      process.send!(user + system);
    };
    more();
  });
  process.once('disconnect', () => process.exit());
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) serve();
