export { type ApplicationEnd, ApplicationMaster, type ApplicationMasterOptions } from './application-master.js';
export type { JobMaster } from './jobmaster/job-master.js';
export type { DriverEvents, FinalStatus, ResourceManagerDriver } from './resourcemanager/driver.js';
