import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type CommandResult, runCommand } from '../testing/command.js';
import { tempDir } from '../testing/temp-dir.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** An author's own project, with the built package among its dependencies. */
function project(files: Record<string, string>): string {
  const dir = tempDir();
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(ROOT, join(dir, 'node_modules/millrace'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

function node(cwd: string, ...args: string[]): Promise<CommandResult> {
  return runCommand(process.execPath, args, { cwd, env: { NODE_OPTIONS: undefined } });
}

const WORDS = `
import { StreamExecutionEnvironment, type Collector } from 'millrace';
const env = StreamExecutionEnvironment.ENVIRONMENT;
env.fromElements('to be', 'or not to be')
  .flatMap((line: string, out: Collector<[string, number]>) => { for (const w of line.split(' ')) out.collect([w, 1]); })
  .keyBy(0)
  .sum(1)
  .writeAsText('counts.txt')
  .setParallelism(1);
const result = await env.execute('words');
console.log('ended', result.getJobID().length, result.getNetRuntime() >= 0);
`;
const plain = (text: string): string =>
  text.replace(', type Collector', '').replace(/: (string|Collector<.*>)(?=[,)])/g, '');

describe('a program that is run by itself', function () {
  this.timeout(30_000);

  for (const [environment, what] of [
    ['createLocalEnvironment(2)', 'a local environment'],
    ['getExecutionEnvironment()', 'no cluster given'],
  ] as const) {
    it(`runs to its end on a cluster in its process with ${what}`, async () => {
      const text = WORDS.replace('ENVIRONMENT', environment);
      const dir = project({ 'job.ts': text, 'job.js': plain(text) });
      const command = environment.startsWith('create') ? ['job.js'] : [TSX, 'job.ts'];
      const { code, stdout, stderr } = await node(dir, ...command);
      expect(stderr).to.equal('');
      expect(stdout).to.equal('ended 32 true\n');
      expect(code).to.equal(0);
      const lines = readFileSync(join(dir, 'counts.txt'), 'utf8').trimEnd().split('\n');
      expect(lines).to.have.members(['to,1', 'be,1', 'or,1', 'not,1', 'to,2', 'be,2'].map(l => `(${l})`));
    });
  }

  it('fails with what the author threw as the cause, and ends', async () => {
    const text = `
import { StreamExecutionEnvironment, MillraceError } from 'millrace';
const env = StreamExecutionEnvironment.createLocalEnvironment();
env.fromElements(1).map(() => { throw new TypeError('mine'); }).print();
try {
  await env.execute();
} catch (error) {
  console.log(error instanceof MillraceError, error.code, error.cause.name, error.cause.message, /job\\.js:4/.test(error.cause.stack));
}
`;
    const { code, stdout, stderr } = await node(project({ 'job.js': text }), 'job.js');
    expect(stderr).to.equal('');
    expect(stdout).to.equal('true JOB_FAILED TypeError mine true\n');
    expect(code).to.equal(0);
  });

  it('compiles strictly against the types of the package', async () => {
    const dir = project({ 'job.ts': WORDS.replace('ENVIRONMENT', 'getExecutionEnvironment()') });
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext'];
    const { code, stdout } = await node(dir, TSC, ...options, '--types', '', 'job.ts');
    expect(stdout).to.equal('');
    expect(code).to.equal(0);
  });
});
