import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { StandaloneFiles } from '../../../client/deploy/standalone-files.js';
import { tempDir } from '../../testing/temp-dir.js';

describe('the record of a standalone cluster', () => {
  it('is whole whenever another command reads it', async () => {
    const dir = tempDir();
    const confDir = join(dir, 'conf');
    mkdirSync(confDir);
    const files = StandaloneFiles.of(confDir, { FLINK_PID_DIR: dir });
    expect(files.create({ tmpDir: join(dir, 'tmp') })).to.equal(true);
    // Written without a pause by another process, as long as this one reads.
    const script = join(dir, 'writer.mts');
    const source = new URL('../../../client/deploy/standalone-files.ts', import.meta.url).pathname;
    writeFileSync(
      script,
      `import { StandaloneFiles } from ${JSON.stringify(source)};
       const files = StandaloneFiles.of(${JSON.stringify(confDir)}, { FLINK_PID_DIR: ${JSON.stringify(dir)} });
       process.send('writing');
       for (let i = 0; process.connected; i++) {
         files.record({ tmpDir: ${JSON.stringify(join(dir, 'tmp'))}, rest: 'x'.repeat(i % 5000) });
         if (i % 100 === 0) await new Promise(resolve => setImmediate(resolve));
       }`,
    );
    const writer = fork(script, { execArgv: ['--import=tsx'] });
    await once(writer, 'message');
    try {
      for (let i = 0; i < 3000; i++) expect(files.read()).to.include({ confDir });
    } finally {
      writer.disconnect();
      await once(writer, 'exit');
    }
  });
});
