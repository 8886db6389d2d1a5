import { type HostPort, loadHadoopConfiguration } from '../../yarn-bridge/conf/index.js';
import { ResourceManagerRest } from '../../yarn-bridge/rest/index.js';
import {
  ApplicationMasterClient,
  CLIENT_PROTOCOL,
  ClientConnection,
  type Container,
  ContainerManagementClient,
  type ContainerStatus,
  type NMToken,
  parseApplicationId,
  type ResourceRequest,
  type Token,
} from '../../yarn-bridge/rpc/index.js';
import { eventually } from './eventually.js';
import type { HadoopUnderTest } from './hadoop.js';

/** An ApplicationMaster inside the test process: YARN starts nothing for it but gives it its token. */
export class UnmanagedMaster {
  readonly containers = new ContainerManagementClient();
  readonly granted: Container[] = [];
  readonly completed: ContainerStatus[] = [];
  /** Of each node, as they came: they are not repeated. */
  readonly nodeTokens: NMToken[] = [];
  /** AMRMTokens that came in place of `token`, the latest last. */
  readonly renewedTokens: Token[] = [];

  private constructor(
    readonly applicationId: string,
    readonly token: Token,
    readonly client: ApplicationMasterClient,
    readonly schedulerAddress: HostPort,
    private readonly rm: ResourceManagerRest,
  ) {}

  /** `through`: a port of this machine at which it takes the ResourceManager to listen. */
  static async start(
    hadoop: HadoopUnderTest,
    user: string,
    { through }: { through?: (scheduler: HostPort) => Promise<number> } = {},
  ): Promise<UnmanagedMaster> {
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: hadoop.confDir } });
    const rm = ResourceManagerRest.fromConfiguration(conf, user);
    const { applicationId } = await rm.newApplication();
    await rm.submit({
      'application-id': applicationId,
      'application-name': 'unmanaged',
      'application-type': 'TEST',
      'unmanaged-AM': true,
      'max-app-attempts': 1,
      resource: { memory: 128, vCores: 1 },
      'am-container-spec': {},
    } as never);
    const [address] = conf.resourceManagers();
    const connection = await ClientConnection.open({
      ...address!.client,
      protocol: CLIENT_PROTOCOL,
      authentication: { type: 'simple', user },
    });
    const request = { application_id: parseApplicationId(applicationId)! };
    const token = await eventually(async () => {
      const answer = await connection.call<{ application_report: { am_rm_token?: Token } }>(
        'getApplicationReport',
        'GetApplicationReportRequest',
        request,
        'GetApplicationReportResponse',
      );
      return answer.application_report.am_rm_token;
    });
    connection.close();
    const { scheduler } = address!;
    const dialled = through ? { host: '127.0.0.1', port: await through(scheduler) } : scheduler;
    const client = new ApplicationMasterClient({ addresses: [dialled], token, retryForMs: 60_000 });
    return new UnmanagedMaster(applicationId, token, client, scheduler, rm);
  }

  /** One heartbeat; what it brought is kept. */
  async beat(ask: ResourceRequest[] = [], release: Container[] = []): Promise<void> {
    const answer = await this.client.allocate(
      ask,
      release.map(c => c.id),
    );
    this.containers.addTokens(answer.nm_tokens);
    this.nodeTokens.push(...(answer.nm_tokens ?? []));
    this.granted.push(...(answer.allocated_containers ?? []));
    if (answer.am_rm_token) this.renewedTokens.push(answer.am_rm_token);
    this.completed.push(...(answer.completed_container_statuses ?? []));
  }

  async askFor(count: number, memory: number, priority = 1): Promise<void> {
    await this.beat([
      { priority: { priority }, resource_name: '*', capability: { memory, virtual_cores: 1 }, num_containers: count },
    ]);
  }

  /** Heartbeats until the condition holds. */
  until(condition: () => boolean | Promise<boolean>, { timeout = 20_000 } = {}): Promise<true> {
    return eventually(
      async () => {
        await this.beat();
        return (await condition()) as true;
      },
      { timeout, interval: 50 },
    );
  }

  async close(): Promise<void> {
    this.client.close();
    this.containers.close();
    await this.rm.kill(this.applicationId).catch(() => {});
    this.rm.close();
  }
}
