export { flink } from './cli/cli-frontend.js';
export { type CliIo, UsageError } from './cli/io.js';
export { yarnSession } from './cli/session-cli.js';
export { RestClient, type RestClientOptions } from './rest/index.js';
