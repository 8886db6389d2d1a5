import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import {
  CAPACITY_SCHEDULER,
  coreSite,
  hdfsSite,
  nodeManagerSite,
  type Ports,
  type Properties,
  SHARED_HDFS,
  SHARED_YARN,
} from './site-files.js';

interface Service {
  image: string;
  hostname: string;
  command: string[];
  environment: Record<string, string>;
  depends_on?: string[];
}

const compose = parse(readFileSync('docker-compose.hadoop.yml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
};

function settings(service: string, file: string): Record<string, string> {
  const prefix = `${file.toUpperCase()}_`;
  return Object.fromEntries(
    Object.entries(compose.services[service]!.environment)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

describe('docker-compose.hadoop.yml', () => {
  const daemons = ['namenode', 'datanode', 'resourcemanager', 'nodemanager'];

  it('has a NameNode, a DataNode, a ResourceManager, a NodeManager and a client', () => {
    expect(Object.keys(compose.services)).to.deep.equal([...daemons, 'client']);
  });

  for (const service of daemons) {
    it(`gives the ${service} every setting that the cluster of Maven's jars proves, with the same value`, () => {
      const expectAll = (file: string, proven: Properties): void => {
        const set = settings(service, file);
        for (const [key, value] of Object.entries(proven)) expect(set[key], key).to.equal(String(value));
      };
      expectAll('hdfs-site.xml', SHARED_HDFS);
      expectAll('yarn-site.xml', SHARED_YARN);
      expectAll('capacity-scheduler.xml', CAPACITY_SCHEDULER);
    });

    it(`calls the ${service} by the name that the settings use for it`, () => {
      expect(compose.services[service]!.hostname).to.equal(service);
    });
  }

  it("sets nothing that the cluster of Maven's jars runs without", () => {
    const shape = { dir: '/', memoryMb: 8192, vcores: 8, ports: {} as Ports, overrides: {} };
    const proven: Record<string, Properties> = {
      'core-site.xml': coreSite(shape),
      'hdfs-site.xml': hdfsSite(shape),
      'yarn-site.xml': nodeManagerSite(shape, '1', []),
      'capacity-scheduler.xml': CAPACITY_SCHEDULER,
    };
    for (const [file, properties] of Object.entries(proven))
      expect(Object.keys(properties)).to.include.members(Object.keys(settings('nodemanager', file)));
  });

  it('takes images of the Hadoop whose jars are tested, and not one whose C library is too old for Node.js', () => {
    const [, tested] = /<hadoop\.version>(\d+\.\d+)\./.exec(readFileSync('test/hadoop/pom.xml', 'utf8'))!;
    for (const service of daemons) {
      const [, line, patch] = /^apache\/hadoop:(\d+\.\d+)\.(\d+)$/.exec(compose.services[service]!.image)!;
      expect(line).to.equal(tested);
      // Up to 3.4.2 they are CentOS 7.
      expect(Number(patch)).to.be.at.least(3);
    }
  });

  it('names only services that exist in addresses and dependencies', () => {
    for (const service of Object.values(compose.services)) {
      for (const d of service.depends_on ?? []) expect(compose.services).to.have.property(d);
    }
    const addresses = { ...settings('namenode', 'core-site.xml'), ...settings('namenode', 'hdfs-site.xml') };
    for (const [key, value] of Object.entries(addresses)) {
      const host = /^(?:hdfs:\/\/)?([a-z]+):\d+$/.exec(value)?.[1];
      if (host) expect(compose.services, key).to.have.property(host);
    }
  });

  it('gives its client the same NameNode and ResourceManager', () => {
    const site = (name: string): string => readFileSync(`conf/hadoop-compose/${name}`, 'utf8');
    const value = (name: string, key: string): string | undefined =>
      new RegExp(`<name>${key.replace(/\./g, '\\.')}</name><value>([^<]*)</value>`).exec(site(name))?.[1];
    expect(value('core-site.xml', 'fs.defaultFS')).to.equal(settings('namenode', 'core-site.xml')['fs.defaultFS']);
    expect(value('hdfs-site.xml', 'dfs.namenode.http-address')).to.equal(
      settings('namenode', 'hdfs-site.xml')['dfs.namenode.http-address'],
    );
    expect(value('yarn-site.xml', 'yarn.resourcemanager.hostname')).to.equal('resourcemanager');
  });

  it('is accepted by docker-compose where that is installed', function () {
    this.timeout(120_000);
    let installed = true;
    try {
      execFileSync('docker-compose', ['--version'], { stdio: 'ignore' });
    } catch {
      installed = false;
    }
    if (installed) {
      const services = execFileSync('docker-compose', ['-f', 'docker-compose.hadoop.yml', 'config', '--services'], {
        encoding: 'utf8',
      });
      expect(services.split('\n')).to.include.members([...daemons, 'client']);
    }
  });
});
