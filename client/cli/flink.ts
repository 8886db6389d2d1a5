/** `flink`: see cli-frontend.ts. */
import { flink } from './cli-frontend.js';
import { runAsProcess } from './io.js';

await runAsProcess(io => flink(io, process.argv.slice(2)));
