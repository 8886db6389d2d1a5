// The other thread of the ring's tests: sends back what comes, or only takes it, or dies.
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { RingTransport } = await import('../../../taskmanager/network/ring-transport.ts');
const { memory, side } = workerData;
const transport = new RingTransport(memory, side);
let frames = 0;
transport.listen({
  onFrame: frame => {
    frames++;
    if (frame[3] === 'throw') setImmediate(() => process.exit(3));
    else if (frame[3] === 'close') transport.close();
    else transport.send(frame);
  },
  onLost: reason => parentPort.postMessage({ lost: reason, frames }),
});
parentPort.on('message', () => process.exit(0));
parentPort.postMessage('up');
