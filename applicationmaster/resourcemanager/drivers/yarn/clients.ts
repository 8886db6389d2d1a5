import type {
  AllocateResponse,
  Container,
  ContainerId,
  ContainerLaunchContext,
  FinishApplicationMasterRequest,
  NMToken,
  RegisterApplicationMasterRequest,
  RegisterApplicationMasterResponse,
  ResourceRequest,
} from '../../../../yarn-bridge/rpc/index.js';

/** What the driver needs of the ResourceManager: yarn-bridge's ApplicationMasterClient. */
export interface SchedulerClient {
  register(request: RegisterApplicationMasterRequest): Promise<RegisterApplicationMasterResponse>;
  allocate(ask: ResourceRequest[], release: ContainerId[], progress?: number): Promise<AllocateResponse>;
  finish(request: FinishApplicationMasterRequest): Promise<void>;
  close(): void;
}

/** What the driver needs of the NodeManagers: yarn-bridge's ContainerManagementClient. */
export interface ContainersClient {
  addTokens(tokens: readonly NMToken[] | undefined): void;
  startContainer(container: Container, context: ContainerLaunchContext): Promise<void>;
  close(): void;
}
