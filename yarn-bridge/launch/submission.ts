import type { SubmissionBody } from '../rest/index.js';
import { type ContainerLaunch, escapedEnvironment } from './launch-context.js';
import { restResource } from './local-resource.js';

export interface ApplicationSubmission extends ContainerLaunch {
  applicationId: string;
  name: string;
  type: string;
  queue: string;
  /** 0 or more. */
  priority?: number;
  tags?: readonly string[];
  nodeLabel?: string;
  /** Of the ApplicationMaster's container. */
  memoryMb: number;
  vcores: number;
  /** Alias → bytes, found in the token file of the ApplicationMaster's container. */
  secrets?: Readonly<Record<string, Uint8Array | string>>;
}

/** The body of a submission over the ResourceManager's REST interface. One attempt: without high availability a second one would know nothing of the first. */
export function submissionBody(submission: ApplicationSubmission): SubmissionBody {
  const { applicationId, name, type, queue, priority, tags, nodeLabel, memoryMb, vcores, secrets = {} } = submission;
  return {
    'application-id': applicationId,
    'application-name': name,
    'application-type': type,
    queue,
    ...(priority !== undefined && priority >= 0 && { priority }),
    ...(tags && tags.length > 0 && { 'application-tags': { tag: tags } }),
    ...(nodeLabel !== undefined && { 'app-node-label-expression': nodeLabel }),
    'max-app-attempts': 1,
    resource: { memory: memoryMb, vCores: vcores },
    'am-container-spec': {
      'local-resources': { entry: submission.resources.map(restResource) },
      environment: { entry: escapedEnvironment(submission.environment) },
      commands: { command: submission.command },
      credentials: {
        tokens: {},
        secrets: {
          entry: Object.entries(secrets).map(([key, value]) => ({
            key,
            value: Buffer.from(value).toString('base64'),
          })),
        },
      },
    },
  };
}
