import { MillraceError } from '../../core/errors.js';
import { ClientConnection } from './client-connection.js';
import { formatContainerId } from './ids.js';
import {
  CONTAINER_PROTOCOL,
  type Container,
  type ContainerId,
  type ContainerLaunchContext,
  type ContainerStatus,
  type GetContainerStatusesResponse,
  type NMToken,
  type NodeId,
  type StartContainersResponse,
  type Token,
} from './messages.js';

/** ContainerManagementProtocol of all nodes of an application: a connection per node, tokens as they came. */
export class ContainerManagementClient {
  private readonly tokens = new Map<string, Token>();
  private readonly connections = new Map<string, Promise<ClientConnection>>();

  /** A node's token comes once: keep it. */
  addTokens(tokens: readonly NMToken[] = []): void {
    for (const { nodeId, token } of tokens) this.tokens.set(keyOf(nodeId), token);
  }

  async startContainer(container: Container, context: ContainerLaunchContext): Promise<void> {
    const response = await this.call<StartContainersResponse>(container.nodeId, 'startContainers', 'StartContainers', {
      start_container_request: [{ container_launch_context: context, container_token: container.container_token }],
    });
    const failed = response.failed_requests?.[0]?.exception;
    if (failed) {
      const at = `container ${formatContainerId(container.id)} on ${keyOf(container.nodeId)}`;
      throw new MillraceError('REMOTE', `${at} could not be started: ${failed.message ?? failed.class_name}`);
    }
  }

  async stopContainer(node: NodeId, id: ContainerId): Promise<void> {
    await this.call(node, 'stopContainers', 'StopContainers', { container_id: [id] });
  }

  async containerStatus(node: NodeId, id: ContainerId): Promise<ContainerStatus | undefined> {
    const request = { container_id: [id] };
    const { status } = await this.call<GetContainerStatusesResponse>(
      node,
      'getContainerStatuses',
      'GetContainerStatuses',
      request,
    );
    return status?.[0];
  }

  close(): void {
    for (const c of this.connections.values()) {
      c.then(
        connection => connection.close(),
        () => {},
      );
    }
    this.connections.clear();
  }

  private async call<T>(node: NodeId, method: string, type: string, request: object): Promise<T> {
    const connection = await this.connect(node);
    return connection.call<T>(method, `${type}Request`, request, `${type}Response`);
  }

  private connect(node: NodeId): Promise<ClientConnection> {
    const key = keyOf(node);
    const known = this.connections.get(key);
    if (known) return known;
    const token = this.tokens.get(key);
    if (!token) return Promise.reject(new MillraceError('ILLEGAL_STATE', `no NMToken for ${key}`));
    const opened = ClientConnection.open({
      host: node.host,
      port: node.port,
      protocol: CONTAINER_PROTOCOL,
      authentication: { type: 'token', token },
    });
    this.connections.set(key, opened);
    const forget = (): void => {
      if (this.connections.get(key) === opened) this.connections.delete(key);
    };
    opened.then(c => c.closed.then(forget), forget);
    return opened;
  }
}

const keyOf = ({ host, port }: NodeId): string => `${host}:${port}`;
