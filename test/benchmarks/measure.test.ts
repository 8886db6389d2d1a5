import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { BENCHMARKS } from '../../benchmarks/catalogue.js';
import { millrace } from '../../benchmarks/contender.js';
import type { ClusterUnderTest } from '../../benchmarks/job-run.js';
import { measure } from '../../benchmarks/measure.js';
import { tempDir } from '../testing/temp-dir.js';

describe('a measured run', () => {
  let server: Server;

  afterEach(() => void server.close());

  /** A cluster whose command `flink` prints this and ends with this code. */
  async function saying(lines: string[], code = 0): Promise<ClusterUnderTest> {
    server = createServer((_, response) => void response.end(JSON.stringify({ 'start-time': Date.now() })));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const flink = join(tempDir(), 'flink');
    writeFileSync(flink, `#!/bin/sh\ncat <<END\n${lines.join('\n')}\nEND\nexit ${code}\n`);
    chmodSync(flink, 0o755);
    const { port } = server.address() as { port: number };
    return { flink, env: {}, rest: `http://127.0.0.1:${port}`, taskManagers: [process.pid] };
  }

  async function failureOf(cluster: ClusterUnderTest): Promise<string> {
    const [job] = BENCHMARKS;
    const setting = { job: job!, records: 1000, parallelism: 1, tms: 1, seed: 42 } as const;
    return measure(millrace(cluster, false), setting).then(
      () => 'none',
      (error: Error) => error.message,
    );
  }

  const said = (count: number, sum: number): string[] => [
    `Job has been submitted with JobID ${'a'.repeat(32)}`,
    'Job Runtime: 12 ms',
    'Accumulator Results: ',
    `- out_count (LongCounter): ${count}`,
    `- out_sum (LongCounter): ${sum}`,
  ];

  it('is refused if the count or the sum is wrong, however little', async () => {
    expect(await failureOf(await saying(said(857, 1_285_285)))).to.match(/^WRONG: .*sum 1285285; right is .*1285286/);
    server.close();
    expect(await failureOf(await saying(said(856, 1_285_286)))).to.match(/^WRONG: .*count 856, .*right is count 857/);
  });

  it('is refused with what the command said if the job failed or told no sum', async () => {
    expect(await failureOf(await saying(['Out of luck.'], 1))).to.match(/code 1[\s\S]*Out of luck/);
    server.close();
    expect(await failureOf(await saying(said(857, 1_285_286).slice(0, -1)))).to.match(/code 0[\s\S]*out_count/);
  });
});
