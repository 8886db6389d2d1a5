import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MillraceError } from '../../../core/errors.js';
import { formatSiteXml, hadoopUser, loadHadoopConfiguration } from '../../../yarn-bridge/conf/index.js';
import { tempDir } from '../../testing/temp-dir.js';

function confDir(files: Record<string, string | Record<string, string>>): string {
  const dir = tempDir();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(dir, name), typeof content === 'string' ? content : formatSiteXml(content));
  }
  return dir;
}

function failure(action: () => unknown): MillraceError {
  try {
    action();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

describe('loadHadoopConfiguration', () => {
  it('reads the three files of HADOOP_CONF_DIR over the defaults of Hadoop', () => {
    const dir = confDir({
      'core-site.xml': { 'fs.defaultFS': 'hdfs://nn:8020' },
      'hdfs-site.xml': { 'dfs.replication': '2' },
      'yarn-site.xml': { 'yarn.resourcemanager.hostname': 'rm' },
    });
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir } });
    expect(conf.defaultFs()).to.equal('hdfs://nn:8020');
    expect(conf.getInt('dfs.replication')).to.equal(2);
    expect(conf.get('yarn.resourcemanager.hostname')).to.equal('rm');
    expect(conf.getInt('yarn.scheduler.maximum-allocation-mb')).to.equal(8192);
    expect(conf.getExplicit('yarn.scheduler.maximum-allocation-mb')).to.equal(undefined);
    expect(conf.sourceOf('dfs.replication')).to.equal(join(dir, 'hdfs-site.xml'));
    expect(conf.source).to.include(dir).and.to.include('HADOOP_CONF_DIR');
  });

  it('reads yarn-site.xml from YARN_CONF_DIR first, the others from HADOOP_CONF_DIR first', () => {
    const hadoop = confDir({ 'core-site.xml': { a: 'hadoop' }, 'yarn-site.xml': { b: 'hadoop' } });
    const yarn = confDir({ 'core-site.xml': { a: 'yarn' }, 'yarn-site.xml': { b: 'yarn' } });
    const both = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: hadoop, YARN_CONF_DIR: yarn } });
    expect([both.get('a'), both.get('b')]).to.deep.equal(['hadoop', 'yarn']);
    const one = loadHadoopConfiguration({ env: { YARN_CONF_DIR: yarn } });
    expect([one.get('a'), one.get('b')]).to.deep.equal(['yarn', 'yarn']);
  });

  it('takes env.hadoop.conf.dir where the variable is not set or empty', () => {
    const dir = confDir({ 'core-site.xml': { a: 'key' } });
    const other = confDir({ 'core-site.xml': { a: 'variable' } });
    expect(loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: '' }, confDir: dir }).get('a')).to.equal('key');
    expect(loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: other }, confDir: dir }).get('a')).to.equal('variable');
  });

  it('says how to set HADOOP_CONF_DIR or start the embedded Hadoop when nothing is set', () => {
    for (const env of [{}, { HADOOP_CONF_DIR: '', YARN_CONF_DIR: ' ' }]) {
      const error = failure(() => loadHadoopConfiguration({ env }));
      expect(error.code).to.equal('HADOOP_NOT_CONFIGURED');
      expect(error.message).to.include('Set HADOOP_CONF_DIR').and.to.include('scripts/mini-hadoop.sh start');
    }
  });

  it('names a folder that is missing or holds no configuration', () => {
    const missing = failure(() => loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: '/no/such/dir' } }));
    expect(missing.code).to.equal('HADOOP_NOT_CONFIGURED');
    expect(missing.message).to.include('/no/such/dir (HADOOP_CONF_DIR)');
    const empty = tempDir();
    const error = failure(() => loadHadoopConfiguration({ env: {}, confDir: empty }));
    expect(error.code).to.equal('HADOOP_NOT_CONFIGURED');
    expect(error.message).to.include(`${empty} (env.hadoop.conf.dir)`).and.to.include('core-site.xml');
  });

  it('lets overrides win, also over final properties, and lets them stand for the files', () => {
    const dir = confDir({
      'core-site.xml':
        '<configuration><property><name>a</name><value>file</value><final>true</final></property></configuration>',
    });
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir }, overrides: { a: 'override' } });
    expect(conf.get('a')).to.equal('override');
    expect(conf.sourceOf('a')).to.equal('flink.hadoop.a');
    const alone = loadHadoopConfiguration({ env: {}, overrides: { 'fs.defaultFS': 'hdfs://nn' } });
    expect(alone.defaultFs()).to.equal('hdfs://nn');
    expect(failure(() => loadHadoopConfiguration({ env: {}, overrides: { 'dfs.replication': '1' } })).code).to.equal(
      'HADOOP_NOT_CONFIGURED',
    );
  });

  it('keeps a final property against later ones, else the last one wins', () => {
    const property = (name: string, value: string, final = false): string =>
      `<property><name>${name}</name><value>${value}</value>${final ? '<final>true</final>' : ''}</property>`;
    const dir = confDir({
      'core-site.xml': `<configuration>${property('a', '1', true)}${property('a', '2')}${property('b', '1')}${property('b', '2')}</configuration>`,
      'hdfs-site.xml': `<configuration>${property('a', '3')}${property('b', '3')}</configuration>`,
    });
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir } });
    expect([conf.get('a'), conf.get('b')]).to.deep.equal(['1', '3']);
  });

  it('refuses Kerberos by name', () => {
    const dir = confDir({ 'core-site.xml': { 'hadoop.security.authentication': 'kerberos' } });
    const error = failure(() => loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir } }));
    expect(error.code).to.equal('KERBEROS_UNSUPPORTED');
    expect(error.message).to.include('Kerberos').and.to.include(join(dir, 'core-site.xml'));
  });

  it('names the file, and the line, that is no configuration', () => {
    const broken = confDir({
      'core-site.xml': '<configuration>\n<property><name>a</nam></property>\n</configuration>',
    });
    const error = failure(() => loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: broken } }));
    expect(error.code).to.equal('ILLEGAL_CONFIGURATION');
    expect(error.message)
      .to.include(join(broken, 'core-site.xml'))
      .and.to.match(/line 2/);
    const other = confDir({ 'core-site.xml': '<html/>' });
    expect(failure(() => loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: other } })).message).to.include(
      '<configuration>',
    );
  });

  it('reads comments, entities, CDATA, attributes, blanks, empty values and one property alone', () => {
    const dir = confDir({
      'core-site.xml': `<?xml version="1.0"?>
<?xml-stylesheet type="text/xsl" href="configuration.xsl"?>
<!-- a comment -->
<configuration>
  <property>
    <!-- why -->
    <name> blank </name>
    <value>
      spread
    </value>
    <description>text &lt;b&gt;</description>
  </property>
  <property><name>entity</name><value>a &amp; b &lt;c&gt;</value></property>
  <property><name>cdata</name><value><![CDATA[<x> & y]]></value></property>
  <property name="attribute" value="v" final="true"/>
  <property><name>attribute</name><value>later</value></property>
  <property><name>empty</name><value></value></property>
  <property><name>number</name><value>007</value></property>
</configuration>`,
      'hdfs-site.xml': '<configuration><property><name>alone</name><value>x</value></property></configuration>',
      'yarn-site.xml': '<configuration/>',
    });
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir } });
    expect(conf.explicitProperties()).to.deep.equal({
      alone: 'x',
      attribute: 'v',
      blank: 'spread',
      cdata: '<x> & y',
      empty: '',
      entity: 'a & b <c>',
      number: '007',
    });
  });

  it('reads what a file includes where it stands: what comes later wins', () => {
    const dir = confDir({
      'core-site.xml': `<configuration xmlns:xi="http://www.w3.org/2001/XInclude">
        <xi:include href="more/extra.xml"/>
        <xi:include href="none.xml"><xi:fallback/></xi:include>
        <property><name>b</name><value>own</value></property>
        <property><name>c</name><value>own</value></property>
        <property><name>d</name><value>own</value><final>true</final></property>
        <xi:include href="more/last.xml"/></configuration>`,
    });
    mkdirSync(join(dir, 'more'));
    writeFileSync(join(dir, 'more/extra.xml'), formatSiteXml({ a: 'included', b: 'included' }));
    writeFileSync(join(dir, 'more/last.xml'), formatSiteXml({ c: 'included', d: 'included' }));
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir } });
    expect(['a', 'b', 'c', 'd'].map(key => conf.get(key))).to.deep.equal(['included', 'own', 'included', 'own']);
  });

  it('writes values back as it read them', () => {
    const dir = confDir({ 'core-site.xml': { k: 'a<b>&"c"\'' } });
    expect(loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: dir } }).get('k')).to.equal('a<b>&"c"\'');
  });
});

describe('hadoopUser', () => {
  it('is HADOOP_USER_NAME, else the user of the operating system', () => {
    expect(hadoopUser({ HADOOP_USER_NAME: 'alice' })).to.equal('alice');
    expect(hadoopUser({ HADOOP_USER_NAME: '' })).to.equal(userInfo().username);
    expect(hadoopUser({})).to.equal(userInfo().username);
  });
});
