import { MillraceError } from '../../core/errors.js';
import { type FileSystem, type FileSystems, formatPath, nameOfPath, parentOfPath } from '../../core/fs/index.js';
import type { JobGraph } from '../../core/graph/index.js';

/** End of the names of files that a FileWriter has not published yet. */
const UNFINISHED = '._COPYING_';

interface TextOutput {
  path: string;
  overwrite: boolean;
  /** One file; else a folder with files 1 to N. */
  single: boolean;
}

/** What `writeAsText` sinks of one job leave in file systems, from the check before the first attempt to the end. */
export class TextOutputs {
  private readonly outputs: readonly TextOutput[];

  constructor(
    job: JobGraph,
    private readonly fileSystems: FileSystems,
  ) {
    this.outputs = job.vertices.flatMap(vertex =>
      vertex.operators.flatMap(({ spec }) =>
        spec.kind === 'sink.text-file'
          ? [{ path: spec.path, overwrite: spec.overwrite, single: vertex.parallelism === 1 }]
          : [],
      ),
    );
  }

  /**
   * Refuses sinks that would write over each other, and, with NO_OVERWRITE, an output that is there. Once, before the
   * job's first attempt.
   */
  async check(): Promise<void> {
    const paths = this.outputs.map(({ path }) => formatPath(this.fileSystems.parse(path)));
    const twice = paths.find((path, i) => paths.indexOf(path) !== i);
    if (twice !== undefined) {
      const message = `Two sinks write to ${twice}: the one would replace what the other wrote. Give each a path of its own.`;
      throw new MillraceError('INVALID_PROGRAM', message, { context: { path: twice } });
    }
    await this.each(async (fs, { path, overwrite }) => {
      if (overwrite || !(await fs.exists(path))) return;
      throw new MillraceError(
        'FILE_ALREADY_EXISTS',
        `File or directory already exists. Existing files and directories are not overwritten in NO_OVERWRITE mode. ` +
          `Use OVERWRITE mode to overwrite existing files and directories: ${path}`,
        { domain: 'user', context: { path } },
      );
    });
  }

  /** Removes what an earlier attempt wrote, or what OVERWRITE replaces. Before each attempt writes. */
  async clear(): Promise<void> {
    await this.each(async (fs, { path }) => {
      await fs.delete(path, { recursive: true });
    });
  }

  /** Removes unfinished files that killed processes left behind. At the end of a job that lost some. */
  async sweep(): Promise<void> {
    await this.each(async (fs, { path, single }) => {
      const parsed = this.fileSystems.parse(path);
      const folder = single ? formatPath({ ...parsed, path: parentOfPath(parsed.path) }) : path;
      // A folder of outputs is the job's alone; a single file has neighbours.
      const prefix = single ? `.${nameOfPath(parsed.path)}.` : '.';
      if (!(await fs.exists(folder))) return;
      for (const { type, name, path: file } of await fs.list(folder)) {
        if (type === 'file' && name.startsWith(prefix) && name.endsWith(UNFINISHED)) await fs.delete(file);
      }
    });
  }

  private async each(action: (fs: FileSystem, output: TextOutput) => Promise<void>): Promise<void> {
    await Promise.all(this.outputs.map(async output => action(await this.fileSystems.forPath(output.path), output)));
  }
}
