// A real Hadoop to try things on by hand: npx tsx test/hadoop/by-hand.ts [nodes] [MB per node]; Ctrl-C ends it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealHadoop } from './real-hadoop.js';

const [nodes = 2, memoryMb = 8192] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'millrace-hadoop-'));
const hadoop = await RealHadoop.start({ dir, nodes, memoryMb });
console.log(`export HADOOP_CONF_DIR=${hadoop.confDir}`);
const keepAlive = setInterval(() => {}, 1 << 30);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(keepAlive);
    void hadoop.stop().finally(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  });
}
