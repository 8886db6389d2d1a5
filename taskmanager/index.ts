export { bufferDebloatOptions } from './network/buffer-debloater.js';
export type { InlineHostOptions, SlotHostOptions, WorkerHostOptions } from './slots/host-factory.js';
export { TaskManager, type TaskManagerOptions } from './task-manager.js';
