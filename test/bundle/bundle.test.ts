import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as tar from 'tar';
import { bindProgram, dryBind, loadProgram, newRecording, packBundle, runMain, Sandbox } from '../../bundle/index.js';
import { MillraceError } from '../../core/errors.js';
import { generateJobGraph, type JobGraph, type JobResultData, type ProgramReference } from '../../core/graph/index.js';
import { VERSION } from '../../core/version.js';
import { tempDir } from '../testing/temp-dir.js';

function file(name: string, text: string): string {
  const path = join(tempDir(), name);
  writeFileSync(path, text);
  return path;
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError);
    return error as MillraceError;
  }
  throw new Error('nothing was thrown');
}

const PIPELINE = (body: string, before = ''): string => `
import { StreamExecutionEnvironment, RichMapFunction } from 'millrace';
${before}
export class Job {
  static async main(args) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    ${body}
    await env.execute('job');
  }
}
`;

const { PATH } = process.env;
const RANDOM = Object.getOwnPropertyDescriptor(Math, 'random');

const recorder = (): Sandbox => new Sandbox(newRecording(), 'record');

interface Submitted {
  graph: JobGraph;
  reference: ProgramReference;
  code: Uint8Array;
  bundleFile: string;
}

async function submit(path: string, args: string[] = [], entry?: string): Promise<Submitted> {
  const bundle = await packBundle(path);
  const recording = newRecording();
  const sandbox = new Sandbox(recording, 'record');
  const program = await loadProgram(bundle.code, entry, bundle.name, sandbox);
  let graph: JobGraph | undefined;
  await runMain(program, args, sandbox, {
    async submit(streamGraph) {
      graph = generateJobGraph(streamGraph);
      const jobId = graph.jobId;
      return { jobId, cancel: async () => {}, result: async () => ({ jobId, netRuntimeMs: 1, accumulators: {} }) };
    },
  });
  const reference: ProgramReference = {
    bundle: { sha256: bundle.sha256, name: bundle.name, size: bundle.code.length },
    ...(entry !== undefined && { entry }),
    args,
    executeIndex: 0,
    previousResults: [],
    recording,
  };
  const bundleFile = join(tempDir(), 'job.mjs');
  writeFileSync(bundleFile, bundle.code);
  return { graph: graph!, reference, code: bundle.code, bundleFile };
}

describe('packing a program', () => {
  it("takes TypeScript, and the platform's own millrace whatever a tsconfig.json maps the name to", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'tsconfig.json'), '{"compilerOptions":{"paths":{"millrace":["./other.ts"]}}}');
    writeFileSync(join(dir, 'other.ts'), 'throw new Error("the wrong one")');
    writeFileSync(join(dir, 'helper.ts'), 'export const twice = (n: number): number => n * 2;');
    writeFileSync(
      join(dir, 'job.ts'),
      `import { twice } from './helper.js';\n${PIPELINE('env.fromElements(1).map((n: number) => twice(n)).print();')}`.replace(
        'args)',
        'args: string[])',
      ),
    );
    const { graph } = await submit(join(dir, 'job.ts'));
    expect(graph.vertices[0]!.name).to.equal('Source: Collection Source -> Map -> Sink: Print to Std. Out');
  });

  it('takes an archive with a package.json', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'package'));
    writeFileSync(join(dir, 'package/package.json'), '{"name":"x","main":"lib.js"}');
    writeFileSync(join(dir, 'package/lib.js'), PIPELINE('env.fromElements(1).print();'));
    await tar.create({ cwd: dir, file: join(dir, 'x-1.0.0.tgz'), gzip: true }, ['package']);
    expect((await submit(join(dir, 'x-1.0.0.tgz'))).graph.vertices).to.have.length(1);
  });

  it('takes a program that a compiler has made CommonJS, and packages that look where they lie', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'node_modules/located'), { recursive: true });
    writeFileSync(join(dir, 'node_modules/located/package.json'), '{"name":"located","main":"index.js"}');
    writeFileSync(join(dir, 'node_modules/located/index.js'), 'exports.at = [__dirname, __filename];');
    const program = `"use strict";
      Object.defineProperty(exports, '__esModule', { value: true });
      const millrace = require('millrace');
      const { at } = require('located');
      class Job {
        static async main() {
          const env = millrace.StreamExecutionEnvironment.getExecutionEnvironment();
          env.fromElements(...at).print();
          await env.execute();
        }
      }
      exports.Job = Job;
      exports.default = Job;`;
    for (const [name, text] of [
      ['default.js', program],
      ['named.cjs', program.replace('exports.default = Job;', '')],
    ] as const) {
      writeFileSync(join(dir, name), text);
      expect((await submit(join(dir, name))).graph.vertices, name).to.have.length(1);
      const { code } = await packBundle(join(dir, name));
      expect((await loadProgram(code, 'Job')).entryName).to.equal('Job');
      expect((await failure(loadProgram(code, 'Nope', name))).message).to.match(/exports (default, )?Job/);
    }
  });

  it('gives equal bytes and hash for an equal program', async () => {
    const path = file('job.mjs', PIPELINE('env.fromElements(1).print();'));
    expect((await packBundle(path)).sha256).to.equal((await packBundle(path)).sha256);
  });

  for (const [what, name, text, message] of [
    ['a syntax error', 'broken.ts', 'export class {\n', /broken\.ts:1:\d+: /],
    ['a missing import', 'job.js', "import './gone.js';\n", /job\.js:1:\d+: .*gone\.js/],
    ['a Java archive', 'WordCount.jar', 'PK\u0003\u0004', /WordCount\.jar is a Java archive/],
    ['an empty file', 'empty.js', '', /empty\.js is empty/],
    ['another kind of file', 'job.py', 'print()', /job\.py is no program/],
  ] as const) {
    it(`refuses ${what} by name`, async () => {
      const error = await failure(packBundle(file(name, text)));
      expect(error.code).to.equal('INVALID_PROGRAM');
      expect(error.message).to.match(message);
    });
  }

  it('refuses what is not there, and what was made for another version', async () => {
    expect((await failure(packBundle('/nope.js'))).message).to.contain('/nope.js');
    const dir = tempDir();
    writeFileSync(join(dir, 'package.json'), '{"dependencies":{"millrace":"^9.9.9"}}');
    writeFileSync(join(dir, 'job.js'), PIPELINE('env.fromElements(1).print();'));
    const error = await failure(packBundle(join(dir, 'job.js')));
    expect(error.code).to.equal('VERSION_MISMATCH');
    expect(error.message).to.contain('9.9.9').and.to.contain(VERSION);

    mkdirSync(join(dir, 'package'));
    writeFileSync(join(dir, 'package/package.json'), '{"main":"lib.js","peerDependencies":{"millrace":"^8.8.8"}}');
    writeFileSync(join(dir, 'package/lib.js'), PIPELINE('env.fromElements(1).print();'));
    await tar.create({ cwd: dir, file: join(dir, 'x-1.0.0.tgz'), gzip: true }, ['package']);
    const { message } = await failure(packBundle(join(dir, 'x-1.0.0.tgz')));
    expect(message).to.contain(
      `x-1.0.0.tgz was made for millrace ^8.8.8 (its package.json), this is Millrace ${VERSION}`,
    );
  });
});

describe('the entry of a program', () => {
  const TWO = `${PIPELINE('env.fromElements(1).print();')}
    export const nested = { deep: { Inner: class { static main() {} } } };
    export function lambda(args) {}
    export const notOne = 5;`;

  it('is the named export, also nested, also the last part of a dotted name', async () => {
    const { code } = await packBundle(file('two.js', TWO));
    expect((await loadProgram(code, 'Job')).entryName).to.equal('Job');
    expect((await loadProgram(code, 'org.example.Job')).entryName).to.equal('Job');
    expect((await loadProgram(code, 'nested.deep.Inner')).entryName).to.equal('nested.deep.Inner');
    expect((await loadProgram(code, 'lambda')).entryName).to.equal('lambda');
  });

  it('must exist, and be named where there are several', async () => {
    const { code } = await packBundle(file('two.js', TWO));
    const missing = await failure(loadProgram(code, 'Nope', 'two.js'));
    expect(missing.message).to.match(
      /^The program's entry point class 'Nope' was not found in the jar file\. .*Job, lambda/,
    );
    expect((await failure(loadProgram(code, undefined, 'two.js'))).message).to.match(/several programs.*-c/);
    expect((await failure(loadProgram(code, 'notOne', 'two.js'))).message).to.contain("'notOne'");
    expect((await failure(loadProgram(code, 'constructor', 'two.js'))).message).to.contain("'constructor'");
  });
});

describe('binding a program', () => {
  it('finds each function by operator id, whatever the program read when it was submitted', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'factor.txt'), '7');
    process.env['MILLRACE_TEST_FACTOR'] = '3';
    const path = join(dir, 'job.js');
    writeFileSync(
      path,
      PIPELINE(
        `const factor = Number(fs.readFileSync(${JSON.stringify(join(dir, 'factor.txt'))}, 'utf8')) * process.env.MILLRACE_TEST_FACTOR;
         const stamp = [Date.now(), Math.random(), new Date().getTime(), process.cwd(), performance.now(), process.hrtime.bigint()].join();
         env.fromElements(1).map(n => [n * factor, stamp]).name('m').print();`,
        "import fs from 'node:fs';",
      ),
    );
    const { graph, reference, code, bundleFile } = await submit(path);
    writeFileSync(join(dir, 'factor.txt'), '8');
    process.env['MILLRACE_TEST_FACTOR'] = '4';
    await dryBind(code, reference, graph);
    const id = graph.vertices[0]!.operators.find(o => o.name === 'm')!.operatorId;
    const [first, second] = [
      await bindProgram({ bundleFile, program: reference }),
      await bindProgram({ bundleFile, program: reference }),
    ];
    const call = (f: typeof first): unknown => (f.get(id)!.function as (n: number) => unknown)(2);
    expect((call(first) as unknown[])[0]).to.equal(42);
    expect(call(first)).to.deep.equal(call(second));
    delete process.env['MILLRACE_TEST_FACTOR'];
    expect(Math.abs(Date.now() - reference.recording.time)).to.be.greaterThan(0);
  });

  it('gives every subtask and every operator function objects of its own', async () => {
    const path = file(
      'job.js',
      PIPELINE(
        "env.fromElements(1).map(shared).name('a').map(shared).name('b').print();",
        'let made = 0; class Counter extends RichMapFunction { n = 0; map(x) { return ++this.n; } } const shared = new Counter();',
      ),
    );
    const { graph, reference, bundleFile } = await submit(path);
    const ids = ['a', 'b'].map(name => graph.vertices[0]!.operators.find(o => o.name === name)!.operatorId);
    const subtasks = [
      await bindProgram({ bundleFile, program: reference }),
      await bindProgram({ bundleFile, program: reference }),
    ];
    const objects = subtasks.flatMap(s => ids.map(id => s.get(id)!.function));
    expect(new Set(objects)).to.have.property('size', 4);
  });

  it('abandons main at its own execute, and replays the earlier ones', async () => {
    const path = file(
      'job.js',
      `import { StreamExecutionEnvironment } from 'millrace';
       export class Job { static async main() {
         const env = StreamExecutionEnvironment.getExecutionEnvironment();
         env.fromElements(1).print();
         const first = await env.execute('one');
         env.fromElements(1).map(() => first.getAccumulatorResult('n')).name('m').print();
         await env.execute('two');
         throw new Error('never here');
       } }`,
    );
    const { code } = await packBundle(path);
    const bundleFile = join(tempDir(), 'job.mjs');
    writeFileSync(bundleFile, code);
    const previous = { jobId: 'x', netRuntimeMs: 1, accumulators: { n: { type: 'LongCounter', value: 12 } } };
    const functions = await bindProgram({
      bundleFile,
      program: {
        bundle: { sha256: '', name: 'job.js', size: 0 },
        args: [],
        executeIndex: 1,
        previousResults: [previous],
        recording: newRecording(),
      },
    });
    const map = [...functions.values()].map(f => f.function).find(f => typeof f === 'function') as () => unknown;
    expect(map()).to.equal(12);
  });

  it('shows a module, as it is evaluated, what it saw when it was submitted', async () => {
    process.env['MILLRACE_TEST_FACTOR'] = '7';
    const settings = file('factor.json', '[2]');
    const path = file(
      'job.js',
      PIPELINE(
        'env.fromElements(1).map(() => [FACTOR, OFFSET, CHANCE, STARTED, Date.now(), now()]).print();',
        `import { readFileSync } from 'node:fs';
         const FACTOR = Number(process.env.MILLRACE_TEST_FACTOR);
         const [OFFSET] = JSON.parse(readFileSync(${JSON.stringify(settings)}, 'utf8'));
         const CHANCE = Math.random();
         const STARTED = Date.now();
         const { now } = Date;`,
      ),
    );
    const { reference, bundleFile } = await submit(path);
    delete process.env['MILLRACE_TEST_FACTOR'];
    rmSync(settings);
    const bound = async (): Promise<number[]> => {
      const functions = await bindProgram({ bundleFile, program: reference });
      const map = [...functions.values()].map(f => f.function).find(f => typeof f === 'function') as () => number[];
      return map();
    };
    const [factor, offset, chance, started, ...clock] = await bound();
    expect([factor, offset, started]).to.deep.equal([7, 2, reference.recording.time]);
    expect((await bound())[2]).to.equal(chance);
    // A function runs in the world as it is.
    for (const time of clock) expect(time).to.be.greaterThan(reference.recording.time);
  });

  it('leaves the rest of the process alone while a main is under way', async () => {
    const path = file('job.js', PIPELINE('await globalThis.gate; env.fromElements(1).print();'));
    const { reference, bundleFile } = await submit(path);
    reference.recording.time = 1;
    let open = (): void => {};
    (globalThis as { gate?: Promise<void> }).gate = new Promise(resolve => {
      open = resolve;
    });
    try {
      const bound = [1, 2].map(() => bindProgram({ bundleFile, program: reference }));
      const earlier = Date.now();
      await new Promise(resolve => setImmediate(resolve));
      expect(earlier).to.be.greaterThan(1);
      expect(process.env['PATH']).to.equal(PATH);
      expect(Date.now()).to.be.within(earlier, earlier + 60_000);
      open();
      for (const functions of await Promise.all(bound)) expect(functions.size).to.be.greaterThan(0);
      expect(Object.getOwnPropertyDescriptor(Math, 'random')).to.deep.equal(RANDOM);
    } finally {
      delete (globalThis as { gate?: Promise<void> }).gate;
    }
  });

  it('binds each of several jobs of one main, dry too, and lets main say everything once', async () => {
    const path = file(
      'job.js',
      `import { StreamExecutionEnvironment } from 'millrace';
       export class Job { static async main() {
         for (let i = 0; i < 2; i++) {
           const env = StreamExecutionEnvironment.getExecutionEnvironment();
           env.fromElements(1).map(() => i).print();
           await env.execute('job ' + i);
           console.log('done', i);
         }
       } }`,
    );
    const said: unknown[][] = [];
    const { log } = console;
    console.log = (...words) => void said.push(words);
    const { code } = await packBundle(path);
    const sandbox = recorder();
    const names: string[] = [];
    const previousResults: JobResultData[] = [];
    try {
      await runMain(await loadProgram(code, undefined, 'job.js', sandbox), [], sandbox, {
        async submit(streamGraph, executeIndex, recording) {
          const graph = generateJobGraph(streamGraph);
          const bundle = { sha256: '', name: 'job.js', size: code.length };
          await dryBind(code, { bundle, args: [], executeIndex, previousResults, recording }, graph);
          names.push(graph.jobName);
          const data = { jobId: graph.jobId, netRuntimeMs: 1, accumulators: {} };
          previousResults.push(data);
          return { jobId: graph.jobId, cancel: async () => {}, result: async () => data };
        },
      });
    } finally {
      console.log = log;
    }
    expect(names).to.deep.equal(['job 0', 'job 1']);
    expect(said).to.deep.equal([
      ['done', 0],
      ['done', 1],
    ]);
  });

  it('refuses, before anything is submitted, a program that builds another graph each time', async () => {
    const path = file(
      'job.js',
      PIPELINE(
        'globalThis.times = (globalThis.times ?? 0) + 1; let s = env.fromElements(1); for (let i = 0; i < globalThis.times; i++) s = s.map(x => x); s.print();',
      ),
    );
    const { code, reference, graph } = await submit(path);
    const error = await failure(dryBind(code, reference, graph));
    expect(error.message).to.match(/another graph when it is run again \(.* is missing\)/);
  });

  it('gives main the same randomness of node:crypto each time, and each submission another', async () => {
    const path = file(
      'job.js',
      PIPELINE(
        `const drawn = [randomUUID(), crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2)).join(), webcrypto.randomUUID(),
           nodeCrypto.randomBytes(5).toString('hex'), await promisify(nodeCrypto.randomBytes)(3), nodeCrypto.randomInt(5, 1e9),
           nodeCrypto.randomFillSync(new Uint16Array(4), 1, 2).join(), nodeCrypto.getRandomValues(new Uint8Array(3)).join()];
         env.fromElements(1).map(() => drawn.map(String)).name('m').print();`,
        "import nodeCrypto, { randomUUID, webcrypto } from 'node:crypto'; import { promisify } from 'node:util';",
      ),
    );
    const drawnBy = async ({ bundleFile, reference, graph }: Submitted): Promise<string[]> => {
      const id = graph.vertices[0]!.operators.find(o => o.name === 'm')!.operatorId;
      const functions = await bindProgram({ bundleFile, program: reference });
      return (functions.get(id)!.function as () => string[])();
    };
    const submitted = await submit(path);
    const drawn = await drawnBy(submitted);
    expect(await drawnBy(submitted)).to.deep.equal(drawn);
    expect(drawn[0]).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(drawn[7]).to.match(/^0,[1-9]\d*,[1-9]\d*,0$/);
    expect(new Set(drawn)).to.have.property('size', drawn.length);
    const again = await drawnBy(await submit(path));
    for (const [i, value] of again.entries()) expect(value).not.to.equal(drawn[i]);
    expect(randomUUID()).not.to.equal(randomUUID());
  });

  const OUTSIDE: Array<[name: string, imports: string, code: string]> = [
    ['http.get', "import http from 'node:http'", "http.get('http://127.0.0.1:9/').on('error', () => {})"],
    [
      'net.Socket.prototype.connect',
      "import { Socket } from 'node:net'",
      "new Socket().connect(9).on('error', () => {})",
    ],
    ['net.Server.prototype.listen', "import { Server } from 'node:http'", 'new Server().listen(0).close()'],
    ['dgram.createSocket', "import { createSocket } from 'node:dgram'", "createSocket('udp4').close()"],
    ['dns.lookup', "import { lookup } from 'node:dns'", "lookup('localhost', () => {})"],
    ['dns/promises.lookup', "import { lookup } from 'node:dns/promises'", "await lookup('localhost')"],
    ['child_process.execSync', "import { execSync } from 'node:child_process'", "execSync('true')"],
    ['worker_threads.Worker', "import { Worker } from 'node:worker_threads'", "new Worker('0', { eval: true })"],
    ['fs.existsSync', "import { existsSync } from 'node:fs'", "existsSync('/tmp')"],
    ['fs.realpathSync.native', "import fs from 'node:fs'", "fs.realpathSync.native('/')"],
    ['fs/promises.stat', "import { stat } from 'node:fs/promises'", "await stat('/')"],
    ['fetch', '', "await fetch('http://127.0.0.1:9/').catch(() => {})"],
    ['process.stdin', '', 'process.stdin.pause()'],
    ['process.kill', '', 'process.kill(process.pid, 0)'],
  ];
  for (const [name, imports, code] of OUTSIDE) {
    it(`refuses ${name} in main, by name`, async () => {
      const path = file('job.js', PIPELINE(`${code}; env.fromElements(1).print();`, `${imports};`));
      const { code: bundle, reference, graph } = await submit(path);
      const { message } = await failure(dryBind(bundle, reference, graph));
      expect(message).to.include(`main called ${name} while its functions were bound`);
    });
  }

  it('refuses a job of another platform version with both versions', async () => {
    const { reference, bundleFile } = await submit(file('job.js', PIPELINE('env.fromElements(1).print();')));
    reference.recording.platformVersion = '0.0.9';
    const error = await failure(bindProgram({ bundleFile, program: reference }));
    expect(error.message).to.contain('0.0.9').and.to.contain(VERSION);
  });
});

describe('running main', () => {
  it('rejects with what main throws, and with a hint where it never executes', async () => {
    const thrown = await packBundle(file('a.js', 'export class A { static main() { throw new TypeError("mine"); } }'));
    const program = await loadProgram(thrown.code, 'A');
    const executor = { submit: () => Promise.reject(new Error('never')) };
    let error: unknown;
    await runMain(program, [], recorder(), executor).catch(e => (error = e));
    expect(error).to.be.instanceOf(TypeError);
    expect((error as Error).stack).to.match(/a\.js:1/);
    const idle = await packBundle(file('b.js', 'export class B { static main() {} }'));
    expect((await failure(runMain(await loadProgram(idle.code, 'B'), [], recorder(), executor))).message).to.match(
      /execute\(\)/,
    );
  });
});
