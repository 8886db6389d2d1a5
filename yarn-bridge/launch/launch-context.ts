import type { ShippedResource } from '../../core/protocol/index.js';
import type { ContainerLaunchContext } from '../rpc/index.js';
import { CONTAINER_ENVIRONMENT } from './container-command.js';
import { protoResource } from './local-resource.js';
import { literal } from './shell-text.js';

export interface ContainerLaunch {
  resources: readonly ShippedResource[];
  /** From `containerCommand`. */
  command: string;
  /** Values as the process is to see them; they are escaped here. */
  environment?: Readonly<Record<string, string>>;
}

/** What startContainers takes. `credentials` (rpc's Credentials) becomes the container's token file. */
export function containerLaunchContext(
  launch: ContainerLaunch & { credentials?: { write(): Uint8Array } },
): ContainerLaunchContext {
  return {
    localResources: launch.resources.map(protoResource),
    environment: escapedEnvironment(launch.environment),
    command: [launch.command],
    ...(launch.credentials && { tokens: launch.credentials.write() }),
  };
}

/** Our own settings and those given, escaped for the launch script. */
export function escapedEnvironment(
  environment: Readonly<Record<string, string>> = {},
): Array<{ key: string; value: string }> {
  return Object.entries({ ...CONTAINER_ENVIRONMENT, ...environment }).map(([key, value]) => ({
    key,
    value: literal(value),
  }));
}
