export * from './job-graph.js';
export * from './operators.js';
export * from './stream-graph.js';
