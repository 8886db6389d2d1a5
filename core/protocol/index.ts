export * from './control.js';
export * from './frames.js';
export * from './job-status.js';
export * from './latency.js';
export * from './launch.js';
export * from './rest.js';
export * from './taskmanager-settings.js';
