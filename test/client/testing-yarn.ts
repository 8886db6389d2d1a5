import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, remoteException, TestingServer } from '../yarn-bridge/http/testing-server.js';

export interface TestingApplication {
  id: string;
  state: string;
  finalStatus: string;
  diagnostics: string;
  /** Where its ApplicationMaster registered. */
  amRPCAddress?: string;
  /** The body of its submission. */
  body: Record<string, unknown>;
}

/** A ResourceManager and one NodeManager over REST, whose applications live as a test says. */
export class TestingYarn {
  readonly applications = new Map<string, TestingApplication>();
  /** Called after a submission was taken; by default the application stays ACCEPTED. */
  onSubmit: (application: TestingApplication) => void = () => {};
  onKill: (application: TestingApplication) => void = () => {};
  maximum = { memory: 8192, vCores: 8 };
  /** What the cluster's nodes have left. */
  availableMb = 256;
  startedOn = Date.now() - 3_600_000;
  /** INITIALIZING while it recovers applications. */
  haState = 'ACTIVE';
  /** File name → content, of the ApplicationMaster's container. */
  logs: Record<string, string> = {};
  /** `POST apps`, `PUT apps/<id>/state` … in order. */
  readonly calls: string[] = [];
  private server!: TestingServer;
  private counter = 0;

  static async start(): Promise<TestingYarn> {
    const yarn = new TestingYarn();
    yarn.server = await TestingServer.start((request, response, body) => yarn.answer(request, response, body));
    return yarn;
  }

  get address(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  get last(): TestingApplication {
    return [...this.applications.values()].at(-1)!;
  }

  add(application: Partial<TestingApplication> & { id: string }): TestingApplication {
    const whole = { state: 'RUNNING', finalStatus: 'UNDEFINED', diagnostics: '', body: {}, ...application };
    this.applications.set(whole.id, whole);
    return whole;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', this.server.url);
    const path = url.pathname.replace(/^\/ws\/v1\/(cluster\/)?/, '');
    this.calls.push(`${request.method} ${path}`);
    const [first, id = '', rest] = path.split('/');
    if (path.startsWith('node/')) return this.answerLogs(path, response);
    if (path === 'apps/new-application') {
      const next = `application_1700000000000_${String(++this.counter).padStart(4, '0')}`;
      return json(response, 200, { 'application-id': next, 'maximum-resource-capability': this.maximum });
    }
    if (request.method === 'POST' && path === 'apps') return this.submit(JSON.parse(body), response);
    if (first === 'apps' && id !== '') return this.answerApplication(request, id, rest, response);
    const fixed = this.fixed[path];
    if (fixed) return json(response, 200, fixed());
    remoteException(response, 404, 'NotFoundException', path);
  }

  private submit(body: Record<string, unknown>, response: ServerResponse): void {
    const id = String(body['application-id']);
    const application = this.add({ id, state: 'ACCEPTED', body });
    response.writeHead(202).end();
    this.onSubmit(application);
  }

  private answerApplication(
    request: IncomingMessage,
    id: string,
    what: string | undefined,
    response: ServerResponse,
  ): void {
    const application = this.applications.get(id);
    if (!application) return remoteException(response, 404, 'NotFoundException', `app with id: ${id} not found`);
    if (what === 'state') {
      if (request.method === 'PUT' && !/^(FINISHED|FAILED|KILLED)$/.test(application.state)) {
        Object.assign(application, { state: 'KILLED', finalStatus: 'KILLED' });
        this.onKill(application);
      }
      return json(response, 200, { state: application.state });
    }
    if (what === 'appattempts') {
      const attempt = { id: 1, containerId: 'container_1', nodeHttpAddress: this.address };
      return json(response, 200, { appAttempts: { appAttempt: [attempt] } });
    }
    const { body: _body, ...app } = application;
    json(response, 200, { app: { ...app, user: 'me', name: 'n', amHostHttpAddress: this.address } });
  }

  private answerLogs(path: string, response: ServerResponse): void {
    if (path.endsWith('/logs')) {
      const containerLogInfo = Object.entries(this.logs).map(([fileName, text]) => ({
        fileName,
        fileSize: text.length,
      }));
      return json(response, 200, { containerLogsInfo: { containerLogInfo } });
    }
    const text = this.logs[path.split('/').at(-1) ?? ''] ?? '';
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end(`LogLength:${text.length}\nLogContents:\n${text}\nEnd of LogType`);
  }

  private readonly fixed: Record<string, () => unknown> = {
    info: () => ({ clusterInfo: { id: 1, startedOn: this.startedOn, haState: this.haState, hadoopVersion: '3.4.2' } }),
    metrics: () => ({
      clusterMetrics: {
        availableMB: this.availableMb,
        totalMB: 8192,
        availableVirtualCores: 1,
        totalVirtualCores: 8,
        activeNodes: 1,
        appsPending: 1,
      },
    }),
    nodes: () => ({
      nodes: {
        node: [
          {
            id: 'n1:1',
            state: 'RUNNING',
            usedMemoryMB: 1024,
            availMemoryMB: 7168,
            usedVirtualCores: 1,
            availableVirtualCores: 7,
          },
        ],
      },
    }),
    scheduler: () => ({
      scheduler: {
        schedulerInfo: {
          type: 'capacityScheduler',
          queueName: 'root',
          queuePath: 'root',
          capacity: 100,
          maxCapacity: 100,
          queues: {
            queue: [
              { queueName: 'default', queuePath: 'root.default', capacity: 60, maxCapacity: 100, state: 'RUNNING' },
              { queueName: 'closed', queuePath: 'root.closed', capacity: 40, maxCapacity: 50, state: 'STOPPED' },
            ],
          },
        },
      },
    }),
  };
}
