import {
  type AllocateRequest,
  type CallContext,
  decodeMessage,
  type FinishApplicationMasterRequest,
  formatContainerId,
  type RegisterApplicationMasterRequest,
  type RpcMethod,
  RpcServerError,
  type Token,
} from '../../rpc/index.js';
import { type Attempt, FINAL_STATUSES } from './model.js';
import type { ResourceManagerState } from './resource-manager-state.js';
import { askKey } from './scheduler.js';
import type { AmTokenIdentifier } from './token-secrets.js';

const EXCEPTIONS = 'org.apache.hadoop.yarn.exceptions';

/** ApplicationMasterProtocol. Each call belongs to the attempt of the connection's AMRMToken. */
export function amProtocol(state: ResourceManagerState): Record<string, RpcMethod> {
  const attemptOf = ({ tokenIdentifier }: CallContext): Attempt => {
    const attempt = state.attemptOf(tokenIdentifier!);
    if (!attempt) {
      throw new RpcServerError(
        `${EXCEPTIONS}.ApplicationAttemptNotFoundException`,
        "Application attempt doesn't exist in ApplicationMasterService cache.",
      );
    }
    attempt.lastHeard = Date.now();
    return attempt;
  };
  const mustBeRegistered = (attempt: Attempt): void => {
    if (attempt.registered) return;
    throw new RpcServerError(
      `${EXCEPTIONS}.ApplicationMasterNotRegisteredException`,
      `AM is not registered for known application attempt: ${attempt.text}`,
    );
  };

  return {
    registerApplicationMaster: {
      request: 'RegisterApplicationMasterRequest',
      response: 'RegisterApplicationMasterResponse',
      handle: (request: RegisterApplicationMasterRequest, context) => {
        const attempt = attemptOf(context);
        if (attempt.registered) {
          throw new RpcServerError(
            `${EXCEPTIONS}.InvalidApplicationMasterRequestException`,
            `Application Master is already registered : ${attempt.app.text}`,
          );
        }
        attempt.host = request.host ?? '';
        attempt.rpcPort = request.rpc_port ?? -1;
        attempt.trackingUrl = request.tracking_url ?? '';
        state.registered(attempt);
        const { maximumMb, maximumVcores } = state.scheduler.limits;
        return {
          maximumCapability: { memory: maximumMb, virtual_cores: maximumVcores },
          queue: attempt.app.submission.queue,
        };
      },
    },
    allocate: {
      request: 'AllocateRequest',
      response: 'AllocateResponse',
      handle: (request: AllocateRequest, context) => {
        const attempt = attemptOf(context);
        mustBeRegistered(attempt);
        const given = request.response_id ?? 0;
        if (attempt.lastResponse && given === attempt.responseId - 1) return attempt.lastResponse;
        if (given !== attempt.responseId) {
          throw new RpcServerError(
            `${EXCEPTIONS}.InvalidApplicationMasterRequestException`,
            `Invalid responseId in AllocateRequest from application attempt: ${attempt.text}, expect responseId to be ${attempt.responseId}, but get ${given}`,
          );
        }
        takeAsks(state, attempt, request);
        for (const { status, node } of attempt.told.splice(0))
          node?.forget.push(formatContainerId(status.container_id));
        attempt.progress = request.progress ?? 0;
        for (const id of request.release ?? []) {
          const text = formatContainerId(id);
          const container = attempt.app.running.find(c => c.text === text);
          if (container) state.release(attempt, container);
        }
        state.schedule();
        attempt.responseId++;
        attempt.told = attempt.completed.splice(0);
        const renewed = renewedToken(state, attempt, context);
        attempt.lastResponse = {
          response_id: attempt.responseId,
          allocated_containers: attempt.granted.splice(0),
          completed_container_statuses: attempt.told.map(c => c.status),
          nm_tokens: attempt.newTokens.splice(0),
          limit: { memory: Math.max(0, state.scheduler.totalMb - state.scheduler.usedMb), virtual_cores: 0 },
          num_cluster_nodes: [...state.scheduler.nodes.values()].filter(n => n.state === 'RUNNING').length,
          ...(renewed && { am_rm_token: renewed }),
        };
        return attempt.lastResponse;
      },
    },
    finishApplicationMaster: {
      request: 'FinishApplicationMasterRequest',
      response: 'FinishApplicationMasterResponse',
      handle: (request: FinishApplicationMasterRequest, context) => {
        const attempt = state.attemptOf(context.tokenIdentifier!);
        // It asks again until it is told that it was taken in.
        if (!attempt) return { isUnregistered: true };
        mustBeRegistered(attempt);
        const status = FINAL_STATUSES[request.final_application_status ?? 0] ?? 'UNDEFINED';
        state.unregister(attempt, status, request.diagnostics ?? '', request.tracking_url ?? '');
        return { isUnregistered: true };
      },
    },
  };
}

/** While a new master key waits to become the only one: the token by it, until the attempt comes back with that. */
function renewedToken(
  { secrets }: ResourceManagerState,
  attempt: Attempt,
  { tokenIdentifier }: CallContext,
): Token | undefined {
  const { nextKeyId } = secrets;
  const keyOf = (identifier: Uint8Array): number =>
    decodeMessage<AmTokenIdentifier>('AMRMTokenIdentifier', Buffer.from(identifier)).keyId;
  if (nextKeyId === undefined || keyOf(tokenIdentifier!) === nextKeyId) return undefined;
  if (!attempt.token || keyOf(attempt.token.identifier) !== nextKeyId) attempt.token = secrets.amToken(attempt.id);
  return attempt.token;
}

/** All asks are checked before any is taken: nothing of a refused request is applied. */
function takeAsks(state: ResourceManagerState, attempt: Attempt, request: AllocateRequest): void {
  const { scheduler } = state;
  for (const ask of request.ask ?? []) {
    if (!ask.capability) throw new RpcServerError('java.lang.NullPointerException', 'capability');
    const { memory, virtual_cores } = ask.capability;
    if (memory > scheduler.limits.maximumMb || virtual_cores > scheduler.limits.maximumVcores || memory < 0) {
      throw new RpcServerError(
        `${EXCEPTIONS}.InvalidResourceRequestException`,
        `Invalid resource request! Cannot allocate containers as requested resource is greater than maximum allowed allocation. ` +
          `Requested resource type=[memory-mb], Requested resource=<memory:${memory}, vCores:${virtual_cores}>, maximum allowed ` +
          `allocation=<memory:${scheduler.limits.maximumMb}, vCores:${scheduler.limits.maximumVcores}>`,
      );
    }
  }
  for (const ask of request.ask ?? []) {
    const entry = {
      priority: ask.priority?.priority ?? 0,
      requestId: ask.allocation_request_id ?? -1,
      resourceName: ask.resource_name ?? '*',
      memoryMb: scheduler.round(ask.capability!.memory),
      vcores: ask.capability!.virtual_cores,
      count: ask.num_containers ?? 0,
    };
    if (entry.count > 0) attempt.asks.set(askKey(entry), entry);
    else attempt.asks.delete(askKey(entry));
  }
}
