export { NodeManager, type NodeManagerOptions } from './node-manager.js';
