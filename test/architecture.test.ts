import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

/** Which top-level folder may import which: the table of ARCHITECTURE.md, and folders that no process loads. */
const ALLOWED: Record<string, string[]> = {
  ...tableOfArchitecture(),
  examples: ['api'],
  scripts: ['core'],
  benchmarks: ['api', 'core', 'examples', 'test'],
};

/** `core` and `yarn-bridge` are many modules under one roof: their subfolders are doors of their own. */
const DOORS: Record<string, RegExp> = {
  examples: /^examples\/[a-z-]+\.ts$/,
  test: /^test\/testing\/[a-z-]+\.ts$/,
  core: /^core\/([a-z]+\/index|[a-z-]+)\.ts$/,
  'yarn-bridge': /^yarn-bridge\/[a-z]+\/index\.ts$/,
};

/** Benchmarks of one part reach into it, as its tests do; one packs a program as the client does. */
const FROM_INSIDE = /^benchmarks\/(channel(-thread)?|scale-program)\.ts$/;

interface Import {
  from: string;
  to: string;
}

function tableOfArchitecture(): Record<string, string[]> {
  const rows = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| `([a-z-]+)\/` \|.*\| ([a-z, -]+) \|$/gm);
  return Object.fromEntries(
    Array.from(rows, ([, folder, allowed]) => [folder!, allowed === 'nothing of ours' ? [] : allowed!.split(', ')]),
  );
}

/** What a file names as code of ours: by import, export, require, as a type, or by the URL of a worker's file. */
function importsOf(from: string, source: string): Import[] {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const named = [
    ...text.matchAll(/\b(?:from|import|require)\b\s*\(?\s*(['"`])([^'"`\n]+)\1/g),
    ...text.matchAll(/\bnew URL\(\s*(['"`])([^'"`\n]+\.[cm]?[jt]s)\1/g),
  ].map(match => match[2]!);
  return named
    .filter(name => name.startsWith('.') || name === 'millrace')
    .map(name => (name === 'millrace' ? 'api/index.ts' : normalize(join(dirname(from), name))))
    .map(to => ({ from, to: to.replace(/\.js$/, '.ts') }));
}

const top = (file: string): string => file.split('/')[0]!;

function whatIsWrong({ from, to }: Import): string | undefined {
  if (top(from) === top(to)) return undefined;
  if (!(ALLOWED[top(from)] ?? []).includes(top(to))) return `${top(from)} may not import ${top(to)}`;
  if (!(DOORS[top(to)] ?? /^[a-z-]+\/index\.ts$/).test(to)) return `${to} is no door`;
  return undefined;
}

const wrongIn = (from: string, source: string): string[] => importsOf(from, source).flatMap(i => whatIsWrong(i) ?? []);

describe('the layout', () => {
  const files = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mts', '*.cts', '*.js', '*.mjs'],
    {
      encoding: 'utf8',
    },
  )
    .split('\n')
    .filter(file => file !== '' && !file.startsWith('test/'));

  it('has the folders that ARCHITECTURE.md names, and no others', () => {
    expect([...new Set(files.map(top))].sort()).to.deep.equal(Object.keys(ALLOWED).sort());
  });

  it('says in a README of each folder what lives there', () => {
    const folders = [...Object.keys(ALLOWED), 'conf', 'docs', 'test'];
    expect(folders.filter(folder => !existsSync(`${folder}/README.md`))).to.deep.equal([]);
  });

  it('lets a folder import only those that ARCHITECTURE.md allows it, and each by its index', () => {
    const imports = files
      .filter(file => !FROM_INSIDE.test(file))
      .flatMap(file => importsOf(file, readFileSync(file, 'utf8')));
    expect(imports.length).to.be.greaterThan(500);
    const wrong = imports.filter(i => whatIsWrong(i) !== undefined);
    expect(wrong.map(i => `${i.from}: ${whatIsWrong(i)}`)).to.deep.equal([]);
  });

  for (const [from, source, why] of [
    ['core/ids.ts', "import { x } from '../api/index.js';", 'core may not import api'],
    ['core/ids.ts', "import { x } from 'millrace';", 'core may not import api'],
    ['core/config/load.ts', "import '../../client/index.js';", 'core may not import client'],
    ['api/functions.ts', "export * from '../taskmanager/index.js';", 'api may not import taskmanager'],
    ['api/functions.ts', "await import('../minicluster/index.js')", 'api may not import minicluster'],
    [
      'applicationmaster/gateway.ts',
      "import type { T } from '../taskmanager/index.js';",
      'applicationmaster may not import taskmanager',
    ],
    [
      'taskmanager/slots/host.ts',
      'type T = import("../../applicationmaster/index.js").T;',
      'taskmanager may not import applicationmaster',
    ],
    [
      'taskmanager/slots/host.ts',
      "new Worker(new URL('../../client/worker.ts', import.meta.url))",
      'taskmanager may not import client',
    ],
    ['yarn-bridge/rest/json.ts', "const b = require('../../bundle/index.js');", 'yarn-bridge may not import bundle'],
    ['minicluster/index.ts', 'await import(`../client/index.js`)', 'minicluster may not import client'],
    [
      'applicationmaster/gateway.ts',
      "import { x } from '../test/testing/eventually.js';",
      'applicationmaster may not import test',
    ],
    ['client/cli/run.ts', "import {\n  x,\n} from '../../bundle/pack.js';", 'bundle/pack.ts is no door'],
    ['client/cli/run.ts', "import { x } from '../../core/config/options.js';", 'core/config/options.ts is no door'],
    [
      'client/cli/run.ts',
      "import { x } from '../../yarn-bridge/rpc/frames.js';",
      'yarn-bridge/rpc/frames.ts is no door',
    ],
    ['web/page.ts', "import { x } from '../core/protocol/index.js';", 'web may not import core'],
  ] as const) {
    it(`would notice ${source.replace(/\s+/g, ' ')} in ${from}`, () => {
      expect(wrongIn(from, source)).to.deep.equal([why]);
    });
  }
});
