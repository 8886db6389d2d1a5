// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Hadoop writes its variables so
import { userInfo } from 'node:os';
import { expect } from 'chai';
import { HadoopConfiguration } from '../../../yarn-bridge/conf/index.js';

const conf = (values: Record<string, string>, env: Record<string, string> = {}): HadoopConfiguration =>
  HadoopConfiguration.fromRecord(values, env);

describe('HadoopConfiguration', () => {
  it('expands variables: other keys, the environment, the user; unknown ones stay', () => {
    const c = conf(
      {
        a: '${b}/x',
        b: '${c}',
        c: 'deep',
        env: '${env.LAB}',
        standard: '${env.NONE:-fallback} ${env.EMPTY:-instead} ${env.EMPTY-kept}|',
        user: 'hdfs:///user/${user.name}',
        unknown: 'x ${nothing} y',
        circle: '${circle}',
      },
      { LAB: 'lab', EMPTY: '', HADOOP_USER_NAME: 'alice' },
    );
    expect(c.get('a')).to.equal('deep/x');
    expect(c.get('env')).to.equal('lab');
    expect(c.get('standard')).to.equal('fallback instead |');
    // As Java's system property: the user of the operating system, whoever calls Hadoop.
    expect(c.get('user')).to.equal(`hdfs:///user/${userInfo().username}`);
    expect(c.get('unknown')).to.equal('x ${nothing} y');
    expect(c.get('circle')).to.equal('${circle}');
  });

  it('has typed getters that name a bad key', () => {
    const c = conf({
      n: ' 42 ',
      hex: '0x10',
      t: 'TRUE',
      f: 'false',
      other: 'maybe',
      s: '30s',
      ms: '250',
      list: 'a, b,,c ',
    });
    expect(c.getInt('n')).to.equal(42);
    expect(c.getInt('hex')).to.equal(16);
    expect(c.getInt('missing', 7)).to.equal(7);
    expect([c.getBoolean('t', false), c.getBoolean('f', true), c.getBoolean('other', true)]).to.deep.equal([
      true,
      false,
      true,
    ]);
    expect([c.getMillis('s', 0), c.getMillis('ms', 0), c.getMillis('missing', 5)]).to.deep.equal([30_000, 250, 5]);
    expect(c.getNumber('yarn.nodemanager.vmem-pmem-ratio', 0)).to.equal(2.1);
    expect(c.getStrings('list')).to.deep.equal(['a', 'b', 'c']);
    expect(() => c.getInt('other')).to.throw(/other .*flink\.hadoop\.other.*'maybe' is no whole number/);
    expect(() => c.getMillis('other', 1)).to.throw(/'maybe' is no duration/);
    expect(() => c.getInt('missing')).to.throw(/not set/);
  });

  it('knows who calls Hadoop', () => {
    expect(conf({}, { HADOOP_USER_NAME: 'alice' }).user).to.equal('alice');
  });

  it('understands the old names of keys', () => {
    expect(conf({ 'fs.default.name': 'hdfs://old:9000' }).defaultFs()).to.equal('hdfs://old:9000');
  });

  it('travels to another process as a record', () => {
    const first = conf({ 'fs.defaultFS': 'hdfs://${env.NN}:8020' }, { NN: 'nn' });
    const second = HadoopConfiguration.fromRecord(first.explicitProperties());
    expect(second.defaultFs()).to.equal('hdfs://nn:8020');
    expect(second.explicitProperties()).to.deep.equal({ 'fs.defaultFS': 'hdfs://nn:8020' });
  });
});

describe('defaultFs', () => {
  it('always has a scheme', () => {
    expect(conf({}).defaultFs()).to.equal('file:///');
    expect(conf({ 'fs.defaultFS': 'nn:9000' }).defaultFs()).to.equal('hdfs://nn:9000');
    expect(conf({ 'fs.defaultFS': 'webhdfs://nn:9870/' }).defaultFs()).to.equal('webhdfs://nn:9870');
  });
});

describe('nameNodeHttpAddresses', () => {
  const single = { 'fs.defaultFS': 'hdfs://nn:8020' };
  const ha = {
    'fs.defaultFS': 'hdfs://ns1',
    'dfs.nameservices': 'ns1,ns2',
    'dfs.ha.namenodes.ns1': 'nn1, nn2',
    'dfs.namenode.http-address.ns1.nn1': 'host1:9870',
    'dfs.namenode.https-address.ns1.nn1': 'host1:9871',
    'dfs.namenode.rpc-address.ns1.nn1': 'host1:8020',
    'dfs.namenode.rpc-address.ns1.nn2': 'host2:8020',
    'dfs.namenode.http-address.ns2': 'host3:50070',
    'dfs.namenode.rpc-address.ns2': 'host3:9000',
  };

  it('is the default port beside an RPC address that the configuration does not know', () => {
    expect(conf(single).nameNodeHttpAddresses()).to.deep.equal(['http://nn:9870']);
    expect(conf(single).nameNodeHttpAddresses('hdfs://other:8020/x/y')).to.deep.equal(['http://other:9870']);
    expect(conf(single).nameNodeHttpAddresses('other:1234')).to.deep.equal(['http://other:9870']);
  });

  it('is dfs.namenode.http-address where that belongs to the NameNode asked for', () => {
    const own = { ...single, 'dfs.namenode.http-address': 'nn:12345' };
    expect(conf(own).nameNodeHttpAddresses('hdfs://nn:8020/x')).to.deep.equal(['http://nn:12345']);
    expect(conf(own).nameNodeHttpAddresses('hdfs://nn/x')).to.deep.equal(['http://nn:12345']);
    expect(conf(own).nameNodeHttpAddresses('hdfs://other/x')).to.deep.equal(['http://other:9870']);
    const byRpc = { ...own, 'dfs.namenode.rpc-address': 'rpc:8020' };
    expect(conf(byRpc).nameNodeHttpAddresses('hdfs://rpc:8020/x')).to.deep.equal(['http://nn:12345']);
    expect(conf(byRpc).nameNodeHttpAddresses('hdfs://nn:8020/x')).to.deep.equal(['http://nn:9870']);
  });

  it('puts the host in the place of 0.0.0.0', () => {
    const wild = { ...single, 'dfs.namenode.http-address': '0.0.0.0:9999' };
    expect(conf(wild).nameNodeHttpAddresses()).to.deep.equal(['http://nn:9999']);
  });

  it('is the very address for webhdfs:// and swebhdfs://', () => {
    expect(conf(single).nameNodeHttpAddresses('webhdfs://h:1234/x')).to.deep.equal(['http://h:1234']);
    expect(conf(single).nameNodeHttpAddresses('webhdfs://h/x')).to.deep.equal(['http://h:9870']);
    expect(conf(single).nameNodeHttpAddresses('swebhdfs://h/x')).to.deep.equal(['https://h:9871']);
  });

  it('takes the NameNode of fs.defaultFS for hdfs:///path, whatever its scheme', () => {
    const web = conf({ 'fs.defaultFS': 'webhdfs://h:4321' });
    for (const uri of ['hdfs:///x', 'webhdfs:///x', undefined]) {
      expect(web.nameNodeHttpAddresses(uri)).to.deep.equal(['http://h:4321']);
    }
    expect(conf(single).nameNodeHttpAddresses('webhdfs:///x')).to.deep.equal(['http://nn:9870']);
    expect(() => conf({}).nameNodeHttpAddresses('hdfs:///x')).to.throw(
      /fs\.defaultFS is file:\/\/\/.*Set fs\.defaultFS/,
    );
  });

  it('lists the NameNodes of a logical nameservice, from their RPC host where no web address is given', () => {
    expect(conf(ha).nameNodeHttpAddresses()).to.deep.equal(['http://host1:9870', 'http://host2:9870']);
    expect(conf(ha).nameNodeHttpAddresses('hdfs://ns1/x')).to.deep.equal(['http://host1:9870', 'http://host2:9870']);
    expect(conf(ha).nameNodeHttpAddresses('webhdfs://ns1/x')).to.deep.equal(['http://host1:9870', 'http://host2:9870']);
    expect(conf(ha).nameNodeHttpAddresses('ns2')).to.deep.equal(['http://host3:50070']);
    expect(conf(ha).nameNodeHttpAddresses('hdfs://host3:9000/x')).to.deep.equal(['http://host3:50070']);
  });

  it('honours dfs.http.policy', () => {
    const secure = conf({ ...ha, 'dfs.http.policy': 'HTTPS_ONLY' });
    expect(secure.nameNodeHttpAddresses()).to.deep.equal(['https://host1:9871', 'https://host2:9871']);
    expect(secure.nameNodeHttpAddresses('hdfs://x:8020')).to.deep.equal(['https://x:9871']);
    expect(conf({ ...ha, 'dfs.http.policy': 'HTTP_AND_HTTPS' }).nameNodeHttpAddresses()[0]).to.equal(
      'http://host1:9870',
    );
  });

  it('names the key that lacks an address', () => {
    const c = conf({ 'dfs.nameservices': 'ns', 'dfs.ha.namenodes.ns': 'a' });
    expect(() => c.nameNodeHttpAddresses('hdfs://ns/')).to.throw(/dfs\.namenode\.http-address\.ns\.a/);
    const bad = conf({ ...single, 'dfs.namenode.http-address': 'a:b:c' });
    expect(() => bad.nameNodeHttpAddresses()).to.throw(/dfs\.namenode\.http-address.*'a:b:c'/);
  });
});

describe('resourceManagers', () => {
  it('is one on the default ports of yarn.resourcemanager.hostname', () => {
    expect(conf({ 'yarn.resourcemanager.hostname': 'rm' }).resourceManagers()).to.deep.equal([
      {
        id: undefined,
        webapp: 'http://rm:8088',
        scheduler: { host: 'rm', port: 8030 },
        client: { host: 'rm', port: 8032 },
        tracker: { host: 'rm', port: 8031 },
      },
    ]);
    expect(conf({}).resourceManagers()[0]).to.include({ webapp: 'http://0.0.0.0:8088' });
  });

  it('honours single addresses, 0.0.0.0 as the host, and the http policy', () => {
    const values = {
      'yarn.resourcemanager.hostname': 'rm',
      'yarn.resourcemanager.webapp.address': '0.0.0.0:1',
      'yarn.resourcemanager.scheduler.address': 'sched:2',
      'yarn.resourcemanager.address': 'client',
    };
    const [rm] = conf(values).resourceManagers();
    expect(rm).to.deep.include({
      webapp: 'http://rm:1',
      scheduler: { host: 'sched', port: 2 },
      client: { host: 'client', port: 8032 },
    });
    const secure = { ...values, 'yarn.http.policy': 'HTTPS_ONLY' };
    expect(conf(secure).resourceManagers()[0]!.webapp).to.equal('https://rm:8090');
  });

  it('lists the ResourceManagers of an HA cluster', () => {
    const values = {
      'yarn.resourcemanager.ha.enabled': 'true',
      'yarn.resourcemanager.ha.rm-ids': 'rm1,rm2',
      'yarn.resourcemanager.hostname.rm1': 'a',
      'yarn.resourcemanager.hostname.rm2': 'b',
      'yarn.resourcemanager.webapp.address.rm2': 'b:9999',
    };
    const list = conf(values).resourceManagers();
    expect(list.map(rm => [rm.id, rm.webapp])).to.deep.equal([
      ['rm1', 'http://a:8088'],
      ['rm2', 'http://b:9999'],
    ]);
    const { 'yarn.resourcemanager.hostname.rm1': _gone, ...rest } = values;
    expect(() => conf(rest).resourceManagers()).to.throw(/webapp\.address\.rm1/);
  });
});
