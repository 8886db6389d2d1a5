import { MillraceError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import type { JobGraph } from '../../core/graph/index.js';

/**
 * The check of NO_OVERWRITE, once at the job's start: an output that is there is refused, or removed where the program
 * said OVERWRITE. A later attempt of the job replaces what the earlier one wrote.
 */
export async function prepareTextOutputs(job: JobGraph, fileSystems: FileSystems): Promise<void> {
  for (const vertex of job.vertices) {
    for (const { spec } of vertex.operators) {
      if (spec.kind !== 'sink.text-file') continue;
      const { path } = spec;
      const fs = await fileSystems.forPath(path);
      if (!(await fs.exists(path))) continue;
      if (!spec.overwrite) {
        throw new MillraceError(
          'FILE_ALREADY_EXISTS',
          `File or directory already exists. Existing files and directories are not overwritten in NO_OVERWRITE mode. ` +
            `Use OVERWRITE mode to overwrite existing files and directories: ${path}`,
          { domain: 'user', context: { path } },
        );
      }
      await fs.delete(path, { recursive: true });
    }
  }
}

/** Removes what an attempt published before it failed, so that the next one starts from nothing. */
export async function removeTextOutputs(job: JobGraph, fileSystems: FileSystems): Promise<void> {
  for (const vertex of job.vertices) {
    for (const { spec } of vertex.operators) {
      if (spec.kind !== 'sink.text-file') continue;
      const { path } = spec;
      const fs = await fileSystems.forPath(path);
      await fs.delete(path, { recursive: true });
    }
  }
}
