import type { LocalResource, Token } from '../../rpc/index.js';
import {
  type ApplicationAttemptId,
  type ApplicationId,
  type ContainerId,
  type ContainerStatus,
  formatApplicationId,
  formatAttemptId,
  formatContainerId,
  type NMToken,
  type Container as WireContainer,
} from '../../rpc/index.js';

export type AppState = 'NEW' | 'NEW_SAVING' | 'SUBMITTED' | 'ACCEPTED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';
export type AppFinalStatus = 'UNDEFINED' | 'SUCCEEDED' | 'FAILED' | 'KILLED';

export const APP_STATES: AppState[] = [
  'NEW',
  'NEW_SAVING',
  'SUBMITTED',
  'ACCEPTED',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'KILLED',
];
export const FINAL_STATUSES: AppFinalStatus[] = ['UNDEFINED', 'SUCCEEDED', 'FAILED', 'KILLED'];
export const isFinal = (s: AppState): boolean => s === 'FINISHED' || s === 'FAILED' || s === 'KILLED';

/** A submission, whichever way it came. */
export interface Submission {
  id: ApplicationId;
  name: string;
  type: string;
  user: string;
  queue: string;
  priority: number;
  tags: string[];
  maxAttempts: number;
  memoryMb: number;
  vcores: number;
  unmanaged: boolean;
  keepContainers: boolean;
  localResources: Array<{ key: string; value: LocalResource }>;
  environment: Array<{ key: string; value: string }>;
  commands: string[];
  secrets: Array<{ alias: string; value: Buffer }>;
  hasSpec: boolean;
}

export interface ContainerRecord {
  id: ContainerId;
  text: string;
  node: NodeRecord;
  memoryMb: number;
  vcores: number;
  priority: number;
  requestId: number;
  attempt: Attempt;
  startedAt: number;
  completed: boolean;
}

export interface NodeRecord {
  host: string;
  port: number;
  key: string;
  httpAddress: string;
  memoryMb: number;
  vcores: number;
  usedMb: number;
  usedVcores: number;
  containers: Map<string, ContainerRecord>;
  lastHeartbeat: number;
  /** NEW until its first heartbeat: it may not have got its keys yet. */
  state: 'NEW' | 'RUNNING' | 'LOST' | 'SHUTDOWN';
  /** For the next heartbeat's answer. */
  stop: string[];
  /** Ended containers of which nobody wants to hear again. */
  forget: string[];
  finishedApplications: string[];
}

export interface Ask {
  priority: number;
  requestId: number;
  resourceName: string;
  memoryMb: number;
  vcores: number;
  count: number;
}

export interface CompletedContainer {
  status: ContainerStatus;
  /** Where its end was reported, to be told that the ApplicationMaster knows. */
  node: NodeRecord | undefined;
}

const EPOCH = 2 ** 40;

/** One ApplicationMaster attempt. */
export class Attempt {
  readonly text: string;
  registered = false;
  unregistered = false;
  ended = false;
  host = '';
  rpcPort = -1;
  trackingUrl = '';
  progress = 0;
  responseId = 0;
  lastResponse: object | undefined;
  readonly asks = new Map<string, Ask>();
  readonly containers = new Map<string, ContainerRecord>();
  /** For the next allocate. */
  completed: CompletedContainer[] = [];
  /** Told in the last answer; the next allocate says that it arrived. */
  told: CompletedContainer[] = [];
  /** Containers that ended, by id. */
  readonly gone = new Set<string>();
  granted: WireContainer[] = [];
  newTokens: NMToken[] = [];
  readonly tokensSent = new Set<string>();
  amContainer: ContainerRecord | undefined;
  token: Token | undefined;
  lastHeard = 0;
  private sequence: number;

  constructor(
    readonly app: Application,
    readonly number: number,
    /** How often the ResourceManager was restarted: keeps container ids apart. */
    epoch: number,
  ) {
    this.text = formatAttemptId(this.id);
    this.sequence = epoch * EPOCH;
  }

  get id(): ApplicationAttemptId {
    return { application_id: this.app.submission.id, attemptId: this.number };
  }

  nextContainerId(): { id: ContainerId; text: string } {
    const id = { app_attempt_id: this.id, id: ++this.sequence };
    return { id, text: formatContainerId(id) };
  }
}

export class Application {
  readonly text: string;
  state: AppState = 'ACCEPTED';
  finalStatus: AppFinalStatus = 'UNDEFINED';
  diagnostics = '';
  readonly attempts: Attempt[] = [];
  startedAt: number;
  launchedAt = 0;
  finishedAt = 0;
  /** Of containers that ended. */
  memorySeconds = 0;
  vcoreSeconds = 0;

  constructor(
    readonly submission: Submission,
    now: number,
  ) {
    this.text = formatApplicationId(submission.id);
    this.startedAt = now;
  }

  get attempt(): Attempt | undefined {
    return this.attempts[this.attempts.length - 1];
  }

  get running(): ContainerRecord[] {
    return this.attempts.flatMap(a => [...a.containers.values()]);
  }
}

/** What it has used until now: MB × seconds, cores × seconds. */
export function usageOf(app: Application, now: number): { memorySeconds: number; vcoreSeconds: number } {
  const usage = { memorySeconds: app.memorySeconds, vcoreSeconds: app.vcoreSeconds };
  for (const { startedAt, memoryMb, vcores } of app.running) {
    const seconds = (now - startedAt) / 1000;
    usage.memorySeconds += seconds * memoryMb;
    usage.vcoreSeconds += seconds * vcores;
  }
  return { memorySeconds: Math.round(usage.memorySeconds), vcoreSeconds: Math.round(usage.vcoreSeconds) };
}
