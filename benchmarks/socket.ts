// How soon a word typed into a socket is counted: npx tsx benchmarks/socket.ts [--hadoop real] [--words 1000] [--pause 50]
import { openSync, readdirSync, readSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../test/testing/eventually.js';
import { applicationIdIn, jobIdIn } from '../test/testing/yarn-user.js';
import { settings, withCluster } from './cluster.js';
import { Measurement } from './measurement.js';

const PROGRAM = fileURLToPath(new URL('../examples/socket-wordcount.ts', import.meta.url));
const options = settings({ words: 1000, pause: 50 });
const figures = new Measurement('socket', options);
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** What the TaskManagers of an application have printed so far; each call gives only what is new. */
function outputsOf(dir: string, applicationId: string): () => string {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(path => path.includes(`${applicationId}/`) && path.endsWith('taskmanager.out'))
    .map(path => ({ fd: openSync(join(dir, path), 'r'), at: 0 }));
  const buffer = Buffer.alloc(1 << 20);
  return () =>
    files
      .map(file => {
        const bytes = readSync(file.fd, buffer, 0, buffer.length, file.at);
        file.at += bytes;
        return buffer.toString('utf8', 0, bytes);
      })
      .join('');
}

await withCluster(options.hadoop, async ({ user, hadoop }) => {
  const clients: Socket[] = [];
  const server = createServer(socket => {
    clients.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const started = await user.yarnSession('-n', '2', '-s', '2', '-jm', '512', '-tm', '512', '-d');
  if (started.code !== 0) throw new Error(started.stderr);
  const id = applicationIdIn(started.stdout);
  const run = await user.flink('run', '-d', '-p', '4', PROGRAM, '--port', String(port));
  if (run.code !== 0) throw new Error(run.stderr);
  const [socket] = await eventually(() => clients.length > 0 && clients);
  const read = outputsOf(hadoop.dir, id);
  let output = '';
  for (let i = 0; i < options.words; i++) {
    const word = `word${i}x`;
    const typed = performance.now();
    socket!.write(`${word}\n`);
    while (!output.includes(`(${word},1)`)) {
      if (performance.now() - typed > 10_000) throw new Error(`${word} was not counted within 10 s`);
      await sleep(1);
      output = output.slice(-200) + read();
    }
    figures.add('typed → counted and printed', performance.now() - typed, 'ms');
    await sleep(options.pause * Math.random());
  }
  const listed = await user.flink('list');
  if (!listed.stdout.includes('(RUNNING)')) throw new Error(listed.stdout);
  const closed = new Promise(resolve => socket!.once('close', resolve));
  await user.flink('cancel', jobIdIn(run.stdout));
  await closed;
  server.close();
  await user.start('yarn-session.sh', ['-id', id], { stdin: 'stop\n' }).ended;
});
figures.print();
figures.keep();
