import { randomBytes } from 'node:crypto';
import { joinPath } from '../../core/fs/index.js';
import type { HadoopAccess } from '../deploy/hadoop-access.js';
import type { Finding } from './doctor.js';

type Check = <T>(name: string, work: () => Promise<Finding<T>>) => Promise<T | undefined>;

/** The NameNode by a look at the home directory; a DataNode, whose name must be known here, by a file there and back. */
export async function checkHdfs(hadoop: HadoopAccess, check: Check): Promise<void> {
  const { fileSystem } = hadoop;
  const home = await check('NameNode', async () => {
    const value = await hadoop.flinkDirectory();
    await fileSystem.exists(value);
    return { value, said: `${fileSystem.root}, staging in ${value}` };
  });
  if (home === undefined) return;
  const wasThere = await fileSystem.exists(home);
  const file = joinPath(home, `doctor-${randomBytes(4).toString('hex')}`);
  await check('DataNode', async () => {
    const started = Date.now();
    try {
      await fileSystem.writeFile(file, 'written by flink doctor', { permission: '600' });
      const back = String(await fileSystem.readFile(file));
      if (back !== 'written by flink doctor') throw new Error(`${file} came back with another content`);
    } finally {
      await fileSystem.delete(file).catch(() => false);
      if (!wasThere) await fileSystem.delete(home).catch(() => false);
    }
    return { said: `a file went there and came back in ${Date.now() - started} ms` };
  });
}
