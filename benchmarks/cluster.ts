import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type HadoopUnderTest, startHadoop } from '../test/testing/hadoop.js';
import { YarnUser } from '../test/testing/yarn-user.js';
import { YarnView } from '../test/testing/yarn-view.js';

export interface BenchmarkCluster {
  hadoop: HadoopUnderTest;
  yarn: YarnView;
  user: YarnUser;
}

/** `--hadoop real|embedded` and the given numeric options, from the command line. */
export function settings<K extends string>(numbers: Record<K, number>): Record<K, number> & { hadoop: string } {
  const { values } = parseArgs({
    options: Object.fromEntries(['hadoop', ...Object.keys(numbers)].map(key => [key, { type: 'string' as const }])),
  });
  const given = Object.fromEntries(Object.keys(numbers).map(key => [key, Number(values[key] ?? numbers[key as K])]));
  return { ...(given as Record<K, number>), hadoop: values['hadoop'] ?? 'embedded' };
}

/** Brings a Hadoop of two nodes up for `measure`, and everything down after it, also on Ctrl-C. */
export async function withCluster(hadoopKind: string, measure: (c: BenchmarkCluster) => Promise<void>): Promise<void> {
  process.env['MILLRACE_TEST_HADOOP'] = hadoopKind;
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const hadoop = await startHadoop({ dir: join(dir, 'hadoop'), nodes: 2, memoryMb: 4096 });
  const user = new YarnUser(hadoop, join(dir, 'user'));
  const close = async (): Promise<void> => {
    await user.close();
    await hadoop.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  process.once('SIGINT', () => void close().finally(() => process.exit(130)));
  try {
    await measure({ hadoop, yarn: new YarnView(hadoop), user });
  } finally {
    await close();
  }
}
