import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

/** Which top-level folder may import which; ARCHITECTURE.md says why. */
const ALLOWED: Record<string, string[]> = {
  core: [],
  api: ['core'],
  bundle: ['api', 'core'],
  'yarn-bridge': ['core'],
  taskmanager: ['api', 'bundle', 'core', 'yarn-bridge'],
  applicationmaster: ['bundle', 'core', 'yarn-bridge'],
  minicluster: ['applicationmaster', 'taskmanager', 'core', 'bundle'],
  client: ['api', 'bundle', 'core', 'yarn-bridge', 'minicluster'],
  examples: ['api'],
  scripts: ['core'],
  benchmarks: ['api', 'test'],
};

/** `core` and `yarn-bridge` are many modules under one roof: their subfolders are doors of their own. */
const DOORS: Record<string, RegExp> = {
  test: /^test\/testing\/[a-z-]+\.ts$/,
  core: /^core\/([a-z]+\/index|[a-z-]+)\.ts$/,
  'yarn-bridge': /^yarn-bridge\/[a-z]+\/index\.ts$/,
};

interface Import {
  from: string;
  to: string;
}

function importsOfTheProject(): Import[] {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], { encoding: 'utf8' })
    .split('\n')
    .filter(f => f !== '' && !f.startsWith('test/') && f.includes('/'));
  const found: Import[] = [];
  for (const from of files) {
    const text = readFileSync(from, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      found.push({ from, to: normalize(join(dirname(from), match[1]!)).replace(/\.js$/, '.ts') });
    }
  }
  return found;
}

const top = (file: string): string => file.split('/')[0]!;

describe('the layout', () => {
  const imports = importsOfTheProject();

  it('has imports to look at', () => {
    expect(imports.length).to.be.greaterThan(10);
  });

  it('lets a folder import only the folders that ARCHITECTURE.md allows it', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (top(from) === top(to)) return false;
      return !(ALLOWED[top(from)] ?? []).includes(top(to));
    });
    expect(wrong.map(i => `${i.from} → ${i.to}`)).to.deep.equal([]);
  });

  it('enters another folder only by its index', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (top(from) === top(to)) return false;
      return !(DOORS[top(to)] ?? /^[a-z-]+\/index\.ts$/).test(to);
    });
    expect(wrong.map(i => `${i.from} → ${i.to}`)).to.deep.equal([]);
  });
});
