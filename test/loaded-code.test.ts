import { expect } from 'chai';
import { build, type Metafile } from 'esbuild';

/** What is only needed for some jobs or some moments: a thread that has no use for it must not hold it in memory. */
const LAZY = ['axios', 'fastify', 'webhdfs', 'protobufjs', 'zod', 'yaml', 'tar', 'fast-xml-parser', 'esbuild', 'level'];
const ENTRIES = { taskmanager: 'taskmanager/entrypoint/main.ts', 'slot-worker': 'taskmanager/slots/worker.ts' };

describe('what a process loads when it starts', () => {
  let outputs: Metafile['outputs'];
  before(async () => {
    const { metafile } = await build({
      absWorkingDir: new URL('..', import.meta.url).pathname,
      entryPoints: ENTRIES,
      outdir: 'never written',
      write: false,
      metafile: true,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      packages: 'bundle',
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
});
