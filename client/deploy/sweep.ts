import type { FileStatus } from '../../core/fs/index.js';
import { joinPath } from '../../core/fs/index.js';
import { ResourceCache } from '../../yarn-bridge/launch/index.js';
import { isFinal } from '../../yarn-bridge/rest/index.js';
import { RESOURCE_MANAGER_RECOVERY } from './application-watch.js';
import type { HadoopAccess } from './hadoop-access.js';
import { StagingDirectory } from './staging.js';

/**
 * Milliseconds after which a folder of an application that YARN never heard of is abandoned: at once if its maker is
 * gone, later if that can't be asked, since it is on another host or has not left its name yet.
 */
const ABANDONED = { gone: 0, unknown: 600_000, elsewhere: 24 * 3_600_000, running: Number.POSITIVE_INFINITY };

/**
 * Ends applications whose client was killed while it brought them up, and removes what hard kills left: staging folders of applications that ended without their ApplicationMaster removing
 * them, and of clients that died before they submitted. Says what it removed; never fails a command.
 */
export async function sweepStaging(hadoop: HadoopAccess, note: (text: string) => void): Promise<void> {
  try {
    await endAbandoned(hadoop, note);
    const root = await hadoop.flinkDirectory();
    const entries = await hadoop.fileSystem.list(root).catch(() => []);
    const folders = entries.filter(entry => /^application_\d+_\d{4,}$/.test(entry.name));
    if (folders.length > 0) {
      const { startedOn } = await hadoop.resourceManager.clusterInfo();
      for (const folder of folders) {
        if (!(await isLeftOver(hadoop, folder, startedOn))) continue;
        await hadoop.fileSystem.delete(folder.path, { recursive: true });
        note(`Removed what ${folder.name} left behind in ${folder.path}`);
      }
    }
    if (entries.some(entry => entry.name === 'cache')) {
      await new ResourceCache(hadoop.fileSystem, joinPath(root, 'cache')).sweep();
    }
  } catch {
    // The command itself will meet the same trouble, if it matters to it, and say so.
  }
}

async function endAbandoned(hadoop: HadoopAccess, note: (text: string) => void): Promise<void> {
  for (const id of hadoop.markers.abandoned()) {
    const report = await hadoop.resourceManager.report(id).catch(() => undefined);
    if (!report) {
      // It may be another cluster's, be known once this one has recovered, or never have been submitted.
      if (hadoop.markers.age(id) > ABANDONED.elsewhere) hadoop.markers.clear(id);
      continue;
    }
    if (!isFinal(report.state)) {
      await hadoop.resourceManager.kill(id, { wait: 10_000 });
      note(`Killed ${id}: the command that was bringing it up was killed`);
    }
    hadoop.markers.clear(id);
  }
}

async function isLeftOver(hadoop: HadoopAccess, folder: FileStatus, startedOn: number): Promise<boolean> {
  // Asked for one by one: a list would not hold applications that the ResourceManager has forgotten.
  const report = await hadoop.resourceManager.report(folder.name).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'APPLICATION_NOT_FOUND') return undefined;
    throw error;
  });
  if (report) return isFinal(report.state);
  if (mayBeRecovered(folder.name, startedOn)) return false;
  const maker = await new StagingDirectory(hadoop.fileSystem, folder.path).maker();
  return Date.now() - folder.modificationTime >= ABANDONED[maker];
}

/** Whether a ResourceManager that does not know an application may still recover it: nothing is removed on a doubt. */
function mayBeRecovered(applicationId: string, startedOn: number): boolean {
  // Ids carry the start of the ResourceManager that gave them: what this one gave, it would know.
  const ofAnEarlierOne = Number(applicationId.split('_')[1]) < startedOn;
  return ofAnEarlierOne && Date.now() - startedOn < RESOURCE_MANAGER_RECOVERY;
}
