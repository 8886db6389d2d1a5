import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { MillraceError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { HadoopConfiguration } from '../conf/index.js';
import { type HttpAnswer, HttpClient, isPassing, type Peer, ServerList } from '../http/index.js';
import { parseJson } from './json.js';
import { type Queue, SchedulerAnswer } from './queues.js';
import { type RestCall, restError } from './remote-error.js';
import * as types from './types.js';

export interface ResourceManagerRestOptions {
  /** `http://host:8088` of each ResourceManager; `HadoopConfiguration.resourceManagers` has them. */
  addresses: readonly string[];
  /** Every call is made as this user. */
  user: string;
  /** Milliseconds for a call. Default 30,000. */
  callTimeout?: number;
  /** Milliseconds that several ResourceManagers may be without an active one. Default 15,000. */
  failoverTimeout?: number;
  /** Milliseconds before each repetition of a call to a single one. Default 200, 600. */
  retryDelays?: readonly number[];
}

/** What `submit` sends; the launch folder makes it. */
export interface SubmissionBody {
  'application-id': string;
  [field: string]: unknown;
}

export interface ApplicationFilter {
  states?: readonly types.ApplicationState[];
  user?: string;
  queue?: string;
  applicationTypes?: readonly string[];
  applicationTags?: readonly string[];
}

const RESOURCE_MANAGER: Peer = {
  what: 'the ResourceManager',
  check: 'Check that YARN runs, and yarn.resourcemanager.webapp.address (or .hostname) in HADOOP_CONF_DIR.',
};
const APPLICATION_ID = /^application_\d+_\d{4,}$/;

/**
 * YARN's REST API. All calls may be carried out twice without harm (the same submission twice is one application), so
 * all are repeated after passing failures. Errors: INVALID_RESOURCE_REQUEST, APPLICATION_NOT_FOUND, ACCESS_DENIED,
 * CONNECTION_FAILED and TIMEOUT (with address and what to check), REMOTE for the rest.
 */
export class ResourceManagerRest implements Closeable {
  private readonly http = new HttpClient();
  private readonly servers: ServerList;

  constructor(private readonly options: ResourceManagerRestOptions) {
    const { failoverTimeout, retryDelays } = options;
    this.servers = new ServerList(options.addresses, {
      what: 'ResourceManager',
      signal: this.http.signal,
      ...(failoverTimeout !== undefined && { failoverTimeout }),
      ...(retryDelays !== undefined && { retryDelays }),
    });
  }

  static fromConfiguration(
    conf: HadoopConfiguration,
    user: string = conf.user,
    options: Partial<Omit<ResourceManagerRestOptions, 'addresses' | 'user'>> = {},
  ): ResourceManagerRest {
    const addresses = conf.resourceManagers().map(rm => rm.webapp);
    return new ResourceManagerRest({ addresses, user, ...options });
  }

  /** A fresh application id, and the largest container that this cluster gives. */
  newApplication(): Promise<types.NewApplication> {
    return this.json(types.NewApplicationAnswer, 'POST', 'apps/new-application', { name: 'give a new application id' });
  }

  /** Accepted is not running: an unknown queue or a missing file shows only later, in `report`. */
  async submit(body: SubmissionBody): Promise<void> {
    const applicationId = checkId(body['application-id']);
    await this.call('POST', 'apps', { name: `submit ${applicationId}`, applicationId }, { body });
  }

  /**
   * The application as the ResourceManager sees it. One that restarts refuses connections and then, for seconds, knows
   * none: `keepTrying` is for how many milliseconds that is no failure yet (default 0). One that is active has recovered:
   * what it does not know is APPLICATION_NOT_FOUND at once.
   */
  async report(applicationId: string, options: { keepTrying?: number } = {}): Promise<types.ApplicationReport> {
    const call = { name: `report on ${applicationId}`, applicationId: checkId(applicationId) };
    const deadline = Date.now() + (options.keepTrying ?? 0);
    for (let recovered = false; ; ) {
      try {
        return await this.json(types.ApplicationAnswer, 'GET', `apps/${applicationId}`, call);
      } catch (error) {
        const unknown = error instanceof MillraceError && error.code === 'APPLICATION_NOT_FOUND';
        if (!(unknown || isPassing(error)) || Date.now() + RECOVERY_POLL > deadline) throw error;
        if (unknown && recovered) throw error;
        recovered = unknown && (await this.isActive());
        // Between the two answers it may have become so: what it knows then is what counts.
        if (recovered) continue;
        await delay(RECOVERY_POLL, undefined, { signal: this.http.signal }).catch(() => {
          throw this.http.signal.reason as Error;
        });
      }
    }
  }

  /** A ResourceManager calls itself active when it has read the applications of the one before it. */
  private async isActive(): Promise<boolean> {
    const info = await this.clusterInfo().catch(() => undefined);
    return info?.haState === 'ACTIVE';
  }

  applications(filter: ApplicationFilter = {}): Promise<types.ApplicationReport[]> {
    const query = {
      states: filter.states?.join(','),
      user: filter.user,
      queue: filter.queue,
      applicationTypes: filter.applicationTypes?.join(','),
      applicationTags: filter.applicationTags?.join(','),
    };
    return this.json(types.ApplicationsAnswer, 'GET', 'apps', { name: 'list applications' }, { query });
  }

  state(applicationId: string): Promise<types.ApplicationState> {
    const call = { name: `tell the state of ${applicationId}`, applicationId: checkId(applicationId) };
    return this.json(types.StateAnswer, 'GET', `apps/${applicationId}/state`, call);
  }

  /**
   * Asks for the end of an application and gives its state after that. It takes a moment: with `wait` (milliseconds) it
   * asks again until the application has ended or the time is over.
   */
  async kill(applicationId: string, options: { wait?: number } = {}): Promise<types.ApplicationState> {
    const call = { name: `kill ${applicationId}`, applicationId: checkId(applicationId) };
    const deadline = Date.now() + (options.wait ?? 0);
    for (;;) {
      const body = { state: 'KILLED' };
      const state = await this.json(types.StateAnswer, 'PUT', `apps/${applicationId}/state`, call, { body });
      if (types.isFinal(state) || Date.now() + KILL_POLL > deadline) return state;
      await delay(KILL_POLL);
    }
  }

  clusterInfo(): Promise<types.ClusterInfo> {
    return this.json(types.ClusterInfoAnswer, 'GET', 'info', { name: 'tell about the cluster' });
  }

  metrics(): Promise<types.ClusterMetrics> {
    return this.json(types.MetricsAnswer, 'GET', 'metrics', { name: 'tell its metrics' });
  }

  /** All queues, parents before their children. */
  queues(): Promise<Queue[]> {
    return this.json(SchedulerAnswer, 'GET', 'scheduler', { name: 'list its queues' });
  }

  /** All nodes, or those in these states (`RUNNING`, `LOST` …). */
  nodes(states: readonly string[] = []): Promise<types.ClusterNode[]> {
    const query = { states: states.join(',') || undefined };
    return this.json(types.NodesAnswer, 'GET', 'nodes', { name: 'list its nodes' }, { query });
  }

  async appAttempts(applicationId: string): Promise<types.ApplicationAttempt[]> {
    const call = { name: `list the attempts of ${applicationId}`, applicationId: checkId(applicationId) };
    const attempts = await this.json(types.AttemptsAnswer, 'GET', `apps/${applicationId}/appattempts`, call);
    return attempts.sort((a, b) => a.number - b.number);
  }

  /** The running containers of an attempt; those that ended are not kept by the ResourceManager. */
  containers(applicationId: string, attemptId: string): Promise<types.ContainerReport[]> {
    const call = { name: `list the containers of ${attemptId}`, applicationId: checkId(applicationId) };
    const path = `apps/${applicationId}/appattempts/${encodeURIComponent(attemptId)}/containers`;
    return this.json(types.ContainersAnswer, 'GET', path, call);
  }

  close(): void {
    this.http.close();
  }

  private async json<T>(
    schema: z.ZodType<T>,
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    call: Omit<RestCall, 'url'>,
    options: CallOptions = {},
  ): Promise<T> {
    const { answer, url } = await this.call(method, path, call, options);
    return parseJson(schema, answer.body, call.name, url);
  }

  private call(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    call: Omit<RestCall, 'url'>,
    options: CallOptions = {},
  ): Promise<{ answer: HttpAnswer; url: string }> {
    const query = Object.entries({ 'user.name': this.options.user, ...options.query })
      .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`]))
      .join('&');
    const suffix = `/ws/v1/cluster/${path}?${query}`;
    return this.servers.call(true, async address => {
      let url = address + suffix;
      let answer = await this.send(method, url, options.body);
      const active = activeOf(answer, url);
      if (active !== undefined) {
        url = active + suffix;
        answer = await this.send(method, url, options.body);
      }
      if (isStandbyAnswer(answer)) throw standby(url);
      if (answer.status !== 200 && answer.status !== 202) throw restError(answer, { ...call, url });
      return { answer, url };
    });
  }

  private send(method: 'GET' | 'PUT' | 'POST', url: string, body: unknown): Promise<HttpAnswer> {
    return this.http.send({
      method,
      url,
      peer: RESOURCE_MANAGER,
      timeout: this.options.callTimeout ?? 30_000,
      reuse: true,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

interface CallOptions {
  body?: unknown;
  query?: Readonly<Record<string, string | undefined>>;
}

const RECOVERY_POLL = 250;
const KILL_POLL = 100;

function checkId(applicationId: string): string {
  if (APPLICATION_ID.test(applicationId)) return applicationId;
  const message = `'${applicationId}' is no application id; they look like application_1700000000000_0001.`;
  throw new MillraceError('ILLEGAL_ARGUMENT', message, { domain: 'user', context: { applicationId } });
}

/** A standby redirects to the active one. */
function activeOf(answer: HttpAnswer, url: string): string | undefined {
  const location = answer.headers['location'];
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return undefined;
  const target = new URL(location, url);
  return target.pathname.startsWith('/ws/v1/') ? target.origin : undefined;
}

/** One that knows of no active one says so in plain words, with status 200; `info` it answers itself. */
function isStandbyAnswer(answer: HttpAnswer): boolean {
  if (answer.status === 200 && /"haState"\s*:\s*"STANDBY"/.test(String(answer.body))) return true;
  const json = (answer.headers['content-type'] ?? '').includes('json');
  return !json && /this is standby rm|no active rm/i.test(String(answer.body.subarray(0, 4096)));
}

function standby(url: string): MillraceError {
  const address = new URL(url).host;
  return new MillraceError('CONNECTION_FAILED', `The ResourceManager at ${address} is standby.`, {
    retry: 'backoff',
    context: { address, exception: 'StandbyException' },
  });
}
