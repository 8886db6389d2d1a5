export { Configuration, maskSecret } from './configuration.js';
export { type LoadOptions, loadConfiguration } from './load.js';
export {
  DEFAULT_PROCESS_SIZE,
  deriveMemory,
  describeMemory,
  jobManagerHeap,
  MINIMUM_PROCESS_SIZE,
  taskManagerMemory,
} from './memory.js';
export { nearest } from './nearest.js';
export type { ConfigOption } from './option.js';
export { Options } from './options.js';
export { formatMemorySize, parseDuration, parseMemorySize } from './values.js';
