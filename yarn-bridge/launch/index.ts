export {
  CONTAINER_ENVIRONMENT,
  type ContainerCommandOptions,
  type ContainerRole,
  containerCommand,
  NODE_KEY,
  RUNTIME_KEY,
} from './container-command.js';
export { type ContainerLaunch, containerLaunchContext } from './launch-context.js';
export { protoResource, restResource, shippedResource } from './local-resource.js';
export { checkNodeCanTravel, type NodeBuild, thisNode, whyItCannotTravel } from './node-executable.js';
export {
  type CachedFile,
  type HashedFile,
  ResourceCache,
  sha256OfFile,
  type UploadProgress,
  withHashes,
} from './resource-cache.js';
export { literal, word } from './shell-text.js';
export { type ApplicationSubmission, submissionBody } from './submission.js';
