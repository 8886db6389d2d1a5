import type { Configuration } from '../../core/config/index.js';
import type { ClusterNode, Queue } from '../../yarn-bridge/rest/index.js';
import { HadoopAccess } from '../deploy/hadoop-access.js';
import type { CliIo } from './io.js';

const RULE = '+---------------------------------------+';

/** `yarn-session.sh -q`: what YARN has, node by node and queue by queue. Starts nothing. */
export async function queryYarn(io: CliIo, configuration: Configuration): Promise<number> {
  const hadoop = HadoopAccess.open(configuration, io.env);
  try {
    const [nodes, queues] = await Promise.all([
      hadoop.resourceManager.nodes(['RUNNING']),
      hadoop.resourceManager.queues(),
    ]);
    for (const line of formatQuery(nodes, queues)) io.out(line);
    return 0;
  } finally {
    await hadoop.close();
  }
}

/** In Flink's layout. */
export function formatQuery(nodes: readonly ClusterNode[], queues: readonly Queue[]): string[] {
  const row = (name: string, value: string | number): string =>
    `|${name.padEnd(16)} |${String(value).padEnd(16)} `.trimEnd();
  const lines = [`NodeManagers in the ClusterClient ${nodes.length}|Property         |Value`, RULE];
  let memory = 0;
  let cores = 0;
  for (const node of nodes) {
    const nodeMemory = node.usedMb + node.availableMb;
    const nodeCores = node.usedVcores + node.availableVcores;
    memory += nodeMemory;
    cores += nodeCores;
    lines.push(
      row('NodeID', node.id),
      row('Memory', `${nodeMemory} MB`),
      row('vCores', nodeCores),
      row('HealthReport', node.healthReport),
      row('Containers', node.containers),
      RULE,
    );
  }
  lines.push(`Summary: totalMemory ${memory} totalCores ${cores}`);
  for (const queue of queues) {
    lines.push(
      `Queue: ${queue.name}, Current Capacity: ${fraction(queue.usedCapacity)} Max Capacity: ${fraction(queue.maxCapacity)} ` +
        `Applications: ${queue.applications}`,
    );
  }
  return lines;
}

/** Percent as Java prints a float between 0 and 1. */
function fraction(percent: number): string {
  const value = Math.round(percent * 100) / 10_000;
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
