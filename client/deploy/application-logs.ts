import type { ApplicationReport } from '../../yarn-bridge/rest/index.js';
import type { HadoopAccess } from './hadoop-access.js';

const TAIL_BYTES = 8192;
const TAIL_LINES = 15;
/** Where the cause stands, best first. */
const FILES = ['jobmanager.err', 'jobmanager.log', 'jobmanager.out', 'prelaunch.err'];

/** The last lines of the ApplicationMaster's logs, from the NodeManager that ran it; none where they can't be had. */
export async function applicationMasterLog(hadoop: HadoopAccess, report: ApplicationReport): Promise<string[]> {
  try {
    const attempt = (await hadoop.resourceManager.appAttempts(report.id)).at(-1);
    const containerId = attempt?.containerId;
    const node = attempt?.nodeHttpAddress ?? report.amHostHttpAddress;
    if (containerId === undefined || node === undefined) return [];
    const files = await hadoop.nodeManagers.containerLogs(node, containerId);
    for (const name of FILES) {
      if (!files.some(file => file.fileName === name && file.fileSize > 0)) continue;
      const { content } = await hadoop.nodeManagers.containerLog(node, containerId, name, { size: -TAIL_BYTES });
      const lines = content.toString('utf8').trimEnd().split('\n').slice(-TAIL_LINES);
      if (lines.some(line => line.trim() !== ''))
        return [`Last lines of ${name} of ${containerId} on ${node}:`, ...lines];
    }
  } catch {
    // The node may be gone with its logs; YARN's diagnostics are shown in any case.
  }
  return [];
}
