import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { RunningCommand } from '../testing/command.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';

/** The sources in a folder of their own, so that dist/ stays as it is for the tests that run beside. */
function copyOfTheProject(): string {
  const dir = tempDir();
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).split('\n');
  const needed = /^(package\.json|tsconfig\S*\.json|(?!test\/|docs\/|benchmarks\/)\S+\/\S+)$/;
  for (const file of files.filter(f => needed.test(f) && existsSync(f))) cpSync(file, join(dir, file));
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
  return dir;
}

const build = (dir: string): RunningCommand =>
  // In a process group of its own, as a shell starts it.
  new RunningCommand('setsid', [process.execPath, join(dir, 'scripts/build.mjs')], { timeoutMs: 240_000 });

describe('the build', function () {
  this.timeout(300_000);

  it('gives the same runtime, byte for byte, wherever the project lies', async () => {
    const [one, other] = [copyOfTheProject(), copyOfTheProject()];
    for (const { code, stderr } of await Promise.all([build(one).ended, build(other).ended]))
      expect([code, stderr]).to.deep.equal([0, '']);
    const archive = (dir: string): Buffer => readFileSync(join(dir, 'dist/runtime.tgz'));
    expect(archive(one).equals(archive(other))).to.equal(true);
  });

  it('leaves nothing, and says nothing, when it is interrupted at the terminal', async () => {
    const dir = copyOfTheProject();
    const before = readdirSync(dir);
    const command = build(dir);
    await eventually(() => readdirSync(dir).some(name => name.startsWith('dist.building-')), { interval: 2 });
    process.kill(-command.pid, 'SIGINT');
    const { code, stdout, stderr } = await command.ended;
    expect([code, stdout, stderr]).to.deep.equal([130, '', '']);
    expect(readdirSync(dir)).to.deep.equal(before);
  });
});
