export { ResourceManager, type ResourceManagerOptions } from './resource-manager.js';
