import { resolve } from 'node:path';
import { loadProgram, newRecording, type PackedBundle, type Program, packBundle, Sandbox } from '../../bundle/index.js';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import {
  type GenerateOptions,
  generateJobGraph,
  type JobGraph,
  type JobResultData,
  type StreamGraph,
} from '../../core/graph/index.js';
import { type CliIo, UsageError } from './io.js';

/** A program of the command line: the file, packed, and its entry, ready to be run. */
export interface LoadedProgram {
  packed: PackedBundle;
  program: Program;
  /** As given to -c. */
  entry?: string;
  args: string[];
  /** What the program has seen and sees. */
  sandbox: Sandbox;
}

/** Packs and loads `<bundle> <arguments>`. */
export async function loadCommandLineProgram(
  io: CliIo,
  words: readonly string[],
  entry: string | undefined,
): Promise<LoadedProgram> {
  const [file, ...args] = words;
  if (file === undefined) {
    throw new UsageError(
      'Java program should be specified a JAR file.\nIts place is taken by a bundle here: a .js, .mjs, .cjs, .ts or .tgz file.',
    );
  }
  const packed = await packBundle(resolve(io.cwd, file)).catch((error: unknown) => {
    const missing = error instanceof MillraceError && /file does not exist/.test(error.message);
    throw missing
      ? new UsageError(`Could not get job jar and dependencies from JAR file: JAR file does not exist: ${file}`)
      : error;
  });
  const sandbox = new Sandbox({ ...newRecording(), cwd: io.cwd }, 'record');
  const program = await loadProgram(packed.code, entry, packed.name, sandbox);
  return { packed, program, ...(entry !== undefined && { entry }), args, sandbox };
}

/** What -p and the configuration say about a program's graph. */
export function generateOptions(configuration: Configuration, parallelism: number | undefined): GenerateOptions {
  return {
    defaultParallelism: parallelism ?? configuration.get(Options.parallelismDefault),
    maxParallelism: configuration.get(Options.maxParallelism),
    chaining: configuration.get(Options.operatorChaining),
    objectReuse: configuration.get(Options.objectReuse),
    bufferTimeout: configuration.get(Options.bufferTimeout),
    latencyTrackingInterval: configuration.get(Options.latencyInterval),
    autoWatermarkInterval: configuration.get(Options.autoWatermarkInterval),
    runtimeMode: configuration.get(Options.runtimeMode),
  };
}

/** The JobGraph of one `execute`, with all that a container needs to bind its functions. */
export function jobGraphOf(
  graph: StreamGraph,
  loaded: LoadedProgram,
  options: GenerateOptions,
  executeIndex: number,
  previousResults: readonly JobResultData[],
): JobGraph {
  const { packed, entry, args, sandbox } = loaded;
  return {
    ...generateJobGraph(graph, options),
    program: {
      bundle: { sha256: packed.sha256, name: packed.name, size: packed.code.length },
      ...(entry !== undefined && { entry }),
      args,
      executeIndex,
      previousResults: [...previousResults],
      recording: sandbox.recording,
    },
  };
}

/** Gives the paths of files their scheme, and local ones this folder: other processes have another. */
export function qualifyPaths(graph: StreamGraph, fileSystems: FileSystems): StreamGraph {
  const nodes = graph.nodes.map(node => {
    const { spec } = node;
    if (spec.kind !== 'source.text-file' && spec.kind !== 'sink.text-file') return node;
    return { ...node, spec: { ...spec, path: fileSystems.qualify(spec.path) } };
  });
  return { ...graph, nodes };
}

/** Refuses a job whose input is not there, before anything is started for it. */
export async function checkInputs(graph: StreamGraph, fileSystems: FileSystems): Promise<void> {
  const paths = graph.nodes.flatMap(({ spec }) => (spec.kind === 'source.text-file' ? [spec.path] : []));
  await Promise.all(
    [...new Set(paths)].map(async path => {
      const fileSystem = await fileSystems.forPath(path);
      if (await fileSystem.exists(path)) return;
      const message = `The input of the program is not there: ${path}`;
      throw new MillraceError('FILE_NOT_FOUND', message, { domain: 'user', context: { path } });
    }),
  );
}
