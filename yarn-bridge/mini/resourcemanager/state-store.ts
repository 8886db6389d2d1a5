import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Token } from '../../rpc/index.js';
import {
  type AppFinalStatus,
  Application,
  type AppState,
  Attempt,
  type ContainerRecord,
  type Submission,
} from './model.js';

interface StoredAttempt {
  number: number;
  /** One that goes on must register again. */
  registered: boolean;
  ended: boolean;
  unregistered: boolean;
  host: string;
  rpcPort: number;
  trackingUrl: string;
  token: Token | undefined;
  am: StoredContainer | undefined;
}

type StoredContainer = Pick<ContainerRecord, 'id' | 'text' | 'memoryMb' | 'vcores' | 'startedAt'> & {
  node: { host: string; port: number; key: string; httpAddress: string };
};

interface StoredApplication {
  submission: Submission;
  state: AppState;
  finalStatus: AppFinalStatus;
  diagnostics: string;
  startedAt: number;
  launchedAt: number;
  finishedAt: number;
  memorySeconds: number;
  vcoreSeconds: number;
  attempts: StoredAttempt[];
}

/**
 * What a ResourceManager must know again after its restart, on local disk: a file for each application, and one for keys
 * and the count of starts. Every file is replaced whole, so that a kill leaves the old or the new one.
 */
export class StateStore {
  private readonly applications: string;

  constructor(private readonly dir: string) {
    this.applications = join(dir, 'applications');
    mkdirSync(this.applications, { recursive: true });
  }

  saveApplication(app: Application): void {
    this.write(join(this.applications, app.text), toStored(app));
  }

  removeApplication(text: string): void {
    rmSync(join(this.applications, text), { force: true });
  }

  /** In the order of submission. Those that were not final wait for their ApplicationMaster to register again. */
  loadApplications(epoch: number): Application[] {
    return readdirSync(this.applications)
      .filter(name => name.startsWith('application_') && !name.endsWith('.part'))
      .map(name => fromStored(this.read<StoredApplication>(join(this.applications, name))!, epoch))
      .sort((a, b) => a.startedAt - b.startedAt || a.submission.id.id - b.submission.id.id);
  }

  save(name: string, value: unknown): void {
    this.write(join(this.dir, name), value);
  }

  /** Undefined: never saved. */
  load<T>(name: string): T | undefined {
    return this.read<T>(join(this.dir, name));
  }

  private write(file: string, value: unknown): void {
    writeFileSync(`${file}.part`, JSON.stringify(value), { mode: 0o600 });
    renameSync(`${file}.part`, file);
  }

  private read<T>(file: string): T | undefined {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return JSON.parse(text, (_key, value: unknown) => (isBuffer(value) ? Buffer.from(value.data) : value)) as T;
  }
}

/** How JSON has a Buffer. */
function isBuffer(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
}

function toStored(app: Application): StoredApplication {
  const { submission, state, finalStatus, diagnostics, startedAt, launchedAt, finishedAt } = app;
  const { memorySeconds, vcoreSeconds } = app;
  const attempts = app.attempts.map(a => ({
    number: a.number,
    registered: a.registered && a.ended,
    ended: a.ended,
    unregistered: a.unregistered,
    host: a.host,
    rpcPort: a.rpcPort,
    trackingUrl: a.trackingUrl,
    token: a.token,
    am: a.amContainer && storedContainer(a.amContainer),
  }));
  const times = { startedAt, launchedAt, finishedAt, memorySeconds, vcoreSeconds };
  return { submission, state, finalStatus, diagnostics, ...times, attempts };
}

function storedContainer({ id, text, memoryMb, vcores, startedAt, node }: ContainerRecord): StoredContainer {
  const { host, port, key, httpAddress } = node;
  return { id, text, memoryMb, vcores, startedAt, node: { host, port, key, httpAddress } };
}

function fromStored(stored: StoredApplication, epoch: number): Application {
  const app = new Application(stored.submission, stored.startedAt);
  const { finalStatus, diagnostics, launchedAt, finishedAt, memorySeconds, vcoreSeconds } = stored;
  const state = stored.state === 'RUNNING' ? 'ACCEPTED' : stored.state;
  Object.assign(app, { state, finalStatus, diagnostics, launchedAt, finishedAt, memorySeconds, vcoreSeconds });
  for (const { number, am, ...rest } of stored.attempts) {
    const attempt = new Attempt(app, number, epoch);
    Object.assign(attempt, rest);
    if (am) {
      // Its node has not come back yet.
      const node = {
        ...{ ...am.node, memoryMb: 0, vcores: 0, usedMb: 0, usedVcores: 0, containers: new Map(), lastHeartbeat: 0 },
        ...{ state: 'LOST' as const, stop: [], forget: [], finishedApplications: [] },
      };
      attempt.amContainer = { ...am, node, attempt, priority: 0, requestId: -1, completed: false };
    }
    app.attempts.push(attempt);
  }
  return app;
}
