/** One side of channel.ts: sends frames for credits, or takes them and grants credits, over either transport. */
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { type Frame, FrameKind } from '../core/protocol/index.js';
import { authenticateServer, listenOnFirstFree } from '../core/rpc/index.js';
import type { FrameTransport } from '../taskmanager/network/frame-transport.js';
import type { RingMemory } from '../taskmanager/network/ring-memory.js';
import { RingTransport } from '../taskmanager/network/ring-transport.js';
import { dialSocket, READY, SocketTransport } from '../taskmanager/network/socket-transport.js';

export interface ThreadData {
  side: 'producer' | 'consumer';
  /** Bytes of a frame's payload, and frames to send. */
  size: number;
  frames: number;
  credits: number;
}

/** What joins the two: given memory, or a port that is asked for first. */
export type Join = { memory: RingMemory } | { port: number };

const port = parentPort!;
const { side, size, frames, credits } = workerData as ThreadData;
const secret = 'benchmark';

function produce(transport: FrameTransport): void {
  const payload = new Uint8Array(size).fill(7);
  let left = frames;
  let granted = 0;
  let sequence = 0;
  transport.listen({
    onFrame: ([, , , n]) => {
      for (granted += Number(n); granted > 0 && left > 0; granted--, left--) {
        transport.send([FrameKind.DATA, 1, sequence++, payload]);
      }
    },
    onLost: () => port.postMessage({ usage: process.resourceUsage() }),
  });
}

function consume(transport: FrameTransport): void {
  const began = performance.now();
  let got = 0;
  let bytes = 0;
  let owed = 0;
  const onFrame = ([, , , payload]: Frame): void => {
    bytes += (payload as Uint8Array).length;
    got++;
    if (got === frames) {
      port.postMessage({ ms: performance.now() - began, bytes });
      transport.close();
    } else if (++owed * 2 >= credits) {
      transport.send([FrameKind.CREDIT, 1, 0, owed]);
      owed = 0;
    }
  };
  transport.listen({ onFrame, onLost: () => {} });
  transport.send([FrameKind.CREDIT, 1, 0, credits]);
}

port.on('message', async (join: Join) => {
  if ('memory' in join) {
    if (side === 'producer') produce(new RingTransport(join.memory, 'producer'));
    else consume(new RingTransport(join.memory, 'consumer'));
  } else if (side === 'consumer') {
    consume(await dialSocket({ host: '127.0.0.1', port: join.port }, { secret, id: 'consumer' }));
  } else {
    const server = await listenOnFirstFree('127.0.0.1', 0, { host: 'host', port: 'port' });
    server.on('connection', async (socket, request) => {
      request.socket.setNoDelay(true);
      await authenticateServer(socket, secret, { role: 'slot', id: 'producer' });
      produce(new SocketTransport(socket));
      socket.send(READY);
      server.close();
    });
    port.postMessage({ port: (server.address() as AddressInfo).port });
  }
});
port.postMessage('up');
