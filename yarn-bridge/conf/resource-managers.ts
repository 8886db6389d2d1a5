import { formatHostPort, type HostPort, isWildcard, parseHostPort } from './addresses.js';
import type { HadoopConfiguration } from './hadoop-configuration.js';
import { DEFAULT_PORTS } from './hadoop-defaults.js';

/** Where one ResourceManager listens. */
export interface ResourceManagerAddresses {
  /** Its id among several (`rm1`); undefined without HA. */
  id: string | undefined;
  /** `http://host:8088` or `https://host:8090`: REST and pages. */
  webapp: string;
  /** RPC of ApplicationMasters. */
  scheduler: HostPort;
  /** RPC of clients. */
  client: HostPort;
  /** RPC of NodeManagers. */
  tracker: HostPort;
}

export function resourceManagers(conf: HadoopConfiguration): ResourceManagerAddresses[] {
  if (!conf.getBoolean('yarn.resourcemanager.ha.enabled', false)) return [addressesOf(conf, undefined)];
  const ids = conf.getStrings('yarn.resourcemanager.ha.rm-ids');
  if (ids.length === 0)
    throw conf.bad('yarn.resourcemanager.ha.rm-ids', 'HA is enabled, but no ResourceManager is listed');
  return ids.map(id => addressesOf(conf, id));
}

function addressesOf(conf: HadoopConfiguration, id: string | undefined): ResourceManagerAddresses {
  const key = (name: string): string => `yarn.resourcemanager.${name}${id === undefined ? '' : `.${id}`}`;
  const hostname = conf.get(key('hostname'));
  const address = (name: string, port: number): HostPort => {
    const text = conf.get(key(name));
    if (text !== undefined && text !== '') {
      const parsed = parseHostPort(text, port);
      if (!parsed) throw conf.bad(key(name), `'${text}' is no host:port`);
      // A server may listen on all interfaces; a client needs the name.
      return isWildcard(parsed.host) && hostname ? { ...parsed, host: hostname } : parsed;
    }
    if (!hostname) throw conf.bad(key(name), `it is not set, nor is ${key('hostname')}`);
    return { host: hostname, port };
  };
  const secure = conf.isHttpsOnly('yarn');
  const webapp = secure
    ? address('webapp.https.address', DEFAULT_PORTS.resourceManagerWebappHttps)
    : address('webapp.address', DEFAULT_PORTS.resourceManagerWebapp);
  return {
    id,
    webapp: `${secure ? 'https' : 'http'}://${formatHostPort(webapp)}`,
    scheduler: address('scheduler.address', DEFAULT_PORTS.resourceManagerScheduler),
    client: address('address', DEFAULT_PORTS.resourceManagerClient),
    tracker: address('resource-tracker.address', DEFAULT_PORTS.resourceManagerTracker),
  };
}
