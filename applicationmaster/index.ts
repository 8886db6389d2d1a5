export { createFileSystems } from '../yarn-bridge/filesystems/index.js';
export {
  type ApplicationEnd,
  ApplicationMaster,
  type ApplicationMasterAddress,
  type ApplicationMasterOptions,
} from './application-master.js';
export type { JobMaster } from './jobmaster/job-master.js';
export type { DriverEvents, FinalStatus, ResourceManagerDriver } from './resourcemanager/driver.js';
export { LocalDriver, type LocalDriverOptions, type LocalWorker } from './resourcemanager/drivers/local.js';
