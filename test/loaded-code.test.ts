import { expect } from 'chai';
import { build, type Metafile } from 'esbuild';

/** What is only needed for some jobs or some moments: a thread that has no use for it must not hold it in memory. */
const LAZY = ['axios', 'fastify', 'webhdfs', 'protobufjs', 'zod', 'yaml', 'tar', 'fast-xml-parser', 'esbuild', 'level'];
const ENTRIES = { taskmanager: 'taskmanager/entrypoint/main.ts', 'slot-worker': 'taskmanager/slots/worker.ts' };
/** Actions of `flink`; each loads more when it comes to it. */
const ACTIONS = { list: 'client/cli/list.ts', cancel: 'client/cli/cancel.ts', run: 'client/cli/run.ts' };
const FOR_YARN = ['zod', 'webhdfs', 'protobufjs'];
const FOR_SERVERS = ['pino', 'fastify', 'level', 'ws', 'msgpackr'];

describe('what a process loads when it starts', () => {
  let outputs: Metafile['outputs'];
  before(async () => {
    const { metafile } = await build({
      absWorkingDir: new URL('..', import.meta.url).pathname,
      entryPoints: { ...ENTRIES, ...ACTIONS, flink: 'client/cli/flink.ts' },
      outdir: 'never written',
      write: false,
      metafile: true,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      packages: 'bundle',
      external: ['esbuild'],
      alias: {
        millrace: './api/index.ts',
        'buffer-stream-reader': './yarn-bridge/hdfs/unused-buffer-stream-reader.ts',
      },
      logLevel: 'silent',
    });
    outputs = metafile.outputs;
  });

  /** The entry's file with all that it imports before it runs. */
  function loadedBy(entry: string): Set<string> {
    const name = Object.keys(outputs).find(file => file.endsWith(`/${entry}.js`));
    const files = new Set<string>([name!]);
    for (const file of files) {
      for (const { path, kind } of outputs[file]!.imports)
        if (kind === 'import-statement' && outputs[path]) files.add(path);
    }
    return new Set([...files].flatMap(file => Object.keys(outputs[file]!.inputs)));
  }

  for (const entry of Object.keys(ENTRIES)) {
    it(`leaves out of ${entry}.js what it may never need`, () => {
      const loaded = [...loadedBy(entry)];
      expect(loaded.length).to.be.greaterThan(20);
      for (const name of LAZY) {
        expect(
          loaded.filter(file => file.includes(`node_modules/${name}/`)),
          name,
        ).to.deep.equal([]);
      }
    });
  }

  const packagesIn = (loaded: Set<string>, names: readonly string[]): string[] =>
    names.filter(name => [...loaded].some(file => file.includes(`node_modules/${name}/`)));

  it('leaves every package out of `flink --version`', () => {
    const loaded = [...loadedBy('flink')];
    expect(loaded).to.include('client/cli/cli-frontend.ts');
    expect(loaded.filter(file => file.includes('node_modules/'))).to.deep.equal([]);
  });

  for (const action of Object.keys(ACTIONS)) {
    it(`leaves out of \`flink ${action}\` what only YARN, or only a server, needs`, () => {
      const loaded = loadedBy(action);
      expect([...loaded]).to.include('client/cli/open-cluster.ts');
      expect(packagesIn(loaded, ['commander'])).to.deep.equal(['commander']);
      const unwanted = action === 'run' ? FOR_YARN : [...FOR_YARN, ...FOR_SERVERS];
      expect(packagesIn(loaded, unwanted)).to.deep.equal([]);
    });
  }
});
