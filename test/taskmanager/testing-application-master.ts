import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomId } from '../../core/ids.js';
import type {
  ApplicationMasterGateway,
  JobInformation,
  RegisterTaskManager,
  SlotReport,
  TaskManagerGateway,
  TaskManagerHeartbeat,
  TaskStateUpdate,
} from '../../core/protocol/index.js';
import { type Gateway, type RpcConnection, RpcServer } from '../../core/rpc/index.js';
import { SECRET } from './testing-slots.js';

/** Takes registrations and keeps what TaskManagers tell. Serves bundles. */
export class TestingApplicationMaster {
  readonly sessionId = randomId();
  readonly updates: TaskStateUpdate[] = [];
  readonly available: SlotReport[] = [];
  readonly heartbeats: TaskManagerHeartbeat[] = [];
  readonly warnings: string[] = [];
  readonly disconnected: string[] = [];
  readonly registrations: RegisterTaskManager[] = [];
  readonly blobs = new Map<string, Uint8Array>();
  readonly requests: string[] = [];
  connection: RpcConnection | undefined;
  heartbeatIntervalMs = 10_000;
  private rpc!: RpcServer;
  private http!: Server;

  static async start(port = 0): Promise<TestingApplicationMaster> {
    const master = new TestingApplicationMaster();
    await master.listen(port);
    return master;
  }

  get port(): number {
    return this.rpc.port;
  }

  get taskManager(): Gateway<TaskManagerGateway> {
    return this.connection!.gateway<TaskManagerGateway>();
  }

  get blobUrl(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/blobs`;
  }

  states(executionId: string): string[] {
    return this.updates.filter(u => u.executionId === executionId).map(u => u.state);
  }

  request(slotIndex: number, job: JobInformation, allocationId = randomId()): Promise<SlotReport> {
    return this.taskManager.call('requestSlot', { sessionId: this.sessionId, slotIndex, allocationId, job });
  }

  async close(): Promise<void> {
    await this.rpc.close();
    this.http.closeAllConnections();
    await new Promise(resolve => this.http.close(resolve));
  }

  private async listen(port: number): Promise<void> {
    this.rpc = await RpcServer.listen<ApplicationMasterGateway>({
      host: '127.0.0.1',
      port,
      secret: SECRET,
      self: { role: 'applicationmaster', id: 'test' },
      handlers: {
        registerTaskManager: (request, connection) => {
          this.registrations.push(request);
          this.connection = connection;
          const { sessionId, heartbeatIntervalMs, blobUrl } = this;
          return { sessionId, heartbeatIntervalMs, heartbeatTimeoutMs: 50_000, blobUrl };
        },
        heartbeat: request => void this.heartbeats.push(request),
        updateTaskState: update => void this.updates.push(update),
        slotAvailable: report => void this.available.push(report),
        disconnectTaskManager: ({ reason }) => void this.disconnected.push(reason.message),
        reportWarning: ({ message }) => void this.warnings.push(message),
      },
    });
    this.http = createServer((request, response) => {
      this.requests.push(request.url ?? '');
      const blob = this.blobs.get(request.url?.split('/').at(-1) ?? '');
      if (request.headers.authorization !== `Bearer ${SECRET}`) response.writeHead(401).end();
      else if (!blob) response.writeHead(404).end();
      else response.end(blob);
    });
    await new Promise<void>(resolve => this.http.listen(0, '127.0.0.1', resolve));
  }
}
