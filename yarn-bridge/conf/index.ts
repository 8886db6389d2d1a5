export { formatHostPort, type HostPort, isWildcard, parseHostPort } from './addresses.js';
export { type Environment, HadoopConfiguration, type HadoopConfigurationOptions } from './hadoop-configuration.js';
export { DEFAULT_PORTS, HADOOP_DEFAULTS } from './hadoop-defaults.js';
export { hadoopUser } from './hadoop-user.js';
export { type LoadHadoopOptions, loadHadoopConfiguration, refuseKerberos } from './load.js';
export { locateHadoop } from './locate.js';
export type { ResourceManagerAddresses } from './resource-managers.js';
export { formatSiteXml, parseSiteXml, readSiteFile, type SiteProperty } from './site-xml.js';
