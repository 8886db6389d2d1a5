import { readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { readSiteFile } from '../../yarn-bridge/conf/index.js';
import type { HadoopUnderTest } from './hadoop.js';

export interface ApplicationView {
  id: string;
  name: string;
  queue: string;
  state: string;
  finalStatus: string;
  diagnostics: string;
  trackingUrl?: string;
  runningContainers: number;
  applicationType: string;
}

/** What YARN itself says, read past all of our own code. */
export class YarnView {
  private readonly rm: string;

  constructor(private readonly hadoop: HadoopUnderTest) {
    const yarn = new Map(readSiteFile(join(hadoop.confDir, 'yarn-site.xml')).map(p => [p.name, p.value]));
    this.rm = `http://${yarn.get('yarn.resourcemanager.webapp.address')}`;
  }

  async application(id: string): Promise<ApplicationView> {
    return ((await this.get(`/ws/v1/cluster/apps/${id}`)) as { app: ApplicationView }).app;
  }

  async applications(): Promise<ApplicationView[]> {
    const { apps } = (await this.get('/ws/v1/cluster/apps')) as { apps: { app?: ApplicationView[] } | null };
    return apps?.app ?? [];
  }

  /** JSON of an application's own REST interface, by its tracking URL. */
  async tracked<T>(id: string, path: string): Promise<T> {
    const { trackingUrl } = await this.application(id);
    const response = await fetch(new URL(path, trackingUrl), { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 200)}`);
    return (await response.json()) as T;
  }

  /** As `yarn application -kill` does; resolves when it has ended. */
  async kill(id: string): Promise<void> {
    for (;;) {
      const response = await fetch(`${this.rm}/ws/v1/cluster/apps/${id}/state?user.name=${userInfo().username}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ state: 'KILLED' }),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new Error(`kill ${id}: ${response.status} ${(await response.text()).slice(0, 200)}`);
      const { state } = (await response.json()) as { state: string };
      if (['KILLED', 'FINISHED', 'FAILED'].includes(state)) return;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  /** Sum over the nodes. */
  async containers(): Promise<number> {
    const { nodes } = (await this.get('/ws/v1/cluster/nodes')) as { nodes: { node: Array<{ numContainers: number }> } };
    return nodes.node.reduce((sum, n) => sum + Number(n.numContainers), 0);
  }

  /** `host:port` of each NodeManager's REST interface. */
  async nodeAddresses(): Promise<string[]> {
    const { nodes } = (await this.get('/ws/v1/cluster/nodes')) as {
      nodes: { node: Array<{ nodeHTTPAddress: string }> };
    };
    return nodes.node.map(n => n.nodeHTTPAddress);
  }

  /** Ids of those that NodeManagers know and that have not ended. */
  async containersOnNodes(): Promise<string[]> {
    const ofNode = async (address: string): Promise<string[]> => {
      const { containers } = (await getJson(`http://${address}/ws/v1/node/containers`)) as {
        containers: { container?: Array<{ id: string; state: string }> } | null;
      };
      return (containers?.container ?? []).filter(c => c.state !== 'DONE' && c.state !== 'COMPLETE').map(c => c.id);
    };
    return (await Promise.all((await this.nodeAddresses()).map(ofNode))).flat();
  }

  /** Processes in containers of this Hadoop whose command line names the role file, e.g. `taskmanager.js`. */
  processes(role: string): number[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => {
        try {
          const environ = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
          const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          // The launching shell has the role on its command line too; the process itself runs it as its script.
          return (
            environ.some(e => e.startsWith('LOCAL_DIRS=') && e.includes(this.hadoop.dir)) &&
            argv.some(a => a.endsWith(`/${role}`) || a === role) &&
            !/sh$/.test(argv[0] ?? '')
          );
        } catch {
          return false;
        }
      });
  }

  private get(path: string): Promise<unknown> {
    return getJson(`${this.rm}${path}`);
  }
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${(await response.text()).slice(0, 200)}`);
  return response.json();
}
