export { NameNode, type NameNodeOptions } from './name-node.js';
