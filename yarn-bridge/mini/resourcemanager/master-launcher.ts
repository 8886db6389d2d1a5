import {
  ContainerManagementClient,
  Credentials,
  type NMToken,
  type Container as WireContainer,
} from '../../rpc/index.js';
import type { Attempt } from './model.js';

/** Starts ApplicationMasters on their nodes, as a ResourceManager does: by the RPC that everybody else uses too. */
export class MasterLauncher {
  private readonly open = new Set<ContainerManagementClient>();

  async launch(attempt: Attempt, container: WireContainer, nodeToken: NMToken): Promise<void> {
    const { submission, text, startedAt } = attempt.app;
    const credentials = new Credentials().add('', attempt.token!);
    for (const { alias, value } of submission.secrets) credentials.addSecret(alias, value);
    const client = new ContainerManagementClient();
    this.open.add(client);
    try {
      client.addTokens([nodeToken]);
      await client.startContainer(container, {
        localResources: submission.localResources,
        environment: [
          ...submission.environment,
          { key: 'APPLICATION_WEB_PROXY_BASE', value: `/proxy/${text}` },
          { key: 'APP_SUBMIT_TIME_ENV', value: String(startedAt) },
        ],
        command: submission.commands,
        tokens: credentials.write(),
      });
    } finally {
      client.close();
      this.open.delete(client);
    }
  }

  close(): void {
    for (const client of this.open) client.close();
  }
}
