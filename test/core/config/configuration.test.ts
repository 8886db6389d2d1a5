import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Configuration, loadConfiguration, Options } from '../../../core/config/index.js';
import { MillraceError } from '../../../core/errors.js';
import { tempDir } from '../../testing/temp-dir.js';

async function load(
  text: string,
  dynamicProperties: Record<string, string> = {},
  file = 'flink-conf.yaml',
): Promise<{ configuration: Configuration; warnings: string[] }> {
  const confDir = tempDir();
  writeFileSync(join(confDir, file), text);
  const warnings: string[] = [];
  const configuration = await loadConfiguration({ confDir, dynamicProperties, warn: w => warnings.push(w) });
  return { configuration, warnings };
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError);
    return error as MillraceError;
  }
  throw new Error('nothing was thrown');
}

describe('flink-conf.yaml', () => {
  it('splits each line at its first ": ", cuts comments, and lets the last line of a key win', async () => {
    const { configuration, warnings } = await load(
      'rest.address: a: b # why\nrest.port: 1\nrest.port: 2\r\n# whole line\n\nrest.address2\n',
    );
    expect(configuration.get(Options.restAddress)).to.equal('a: b');
    expect(configuration.get(Options.restPort)).to.equal(2);
    expect(warnings.join()).to.match(/Line skipped.*flink-conf\.yaml:6/);
  });

  it('gives defaults for what it does not say, and -D over what it says', async () => {
    const { configuration } = await load('taskmanager.numberOfTaskSlots: 3\n', {
      'taskmanager.numberOfTaskSlots': '5',
    });
    expect(configuration.get(Options.taskManagerSlots)).to.equal(5);
    expect(configuration.get(Options.restPort)).to.equal(8081);
  });

  it('reads the names a key has in other versions of Flink, and prefers the main one', async () => {
    const { configuration } = await load('jobmanager.heap.size: 512m\nstate.backend.type: rocksdb\n');
    expect(configuration.get(Options.jobManagerMemory)).to.equal(512 * 1024 ** 2);
    expect(configuration.get(Options.stateBackend)).to.equal('rocksdb');
    configuration.setOption(Options.jobManagerMemory, '1g');
    expect(configuration.get(Options.jobManagerMemory)).to.equal(1024 ** 3);
  });

  it('refuses a bad value, naming key, value, file and line', async () => {
    for (const [line, expected] of [
      [
        'taskmanager.numberOfTaskSlots: 0',
        /taskmanager\.numberOfTaskSlots: "0" is not at least 1 \(.*flink-conf\.yaml:1\)/,
      ],
      ['rest.port: 99999', /rest\.port: "99999" is not a port/],
      ['state.backend: floppy', /state\.backend: "floppy" is not one of hashmap/],
      ['jobmanager.heap.size: many', /jobmanager\.heap\.size: "many" is not a memory size/],
      ['parallelism.default: two', /parallelism\.default: "two" is not a whole number/],
      ['heartbeat.interval: soon', /heartbeat\.interval: "soon" is not a duration/],
    ] as const) {
      const error = await failure(load(`${line}\n`));
      expect(error.code).to.equal('ILLEGAL_CONFIGURATION');
      expect(error.message).to.match(expected);
    }
    expect((await failure(load('', { 'rest.port': 'x' }))).message).to.contain('-D on the command line');
  });

  it('warns about an unknown key and names the nearest known one; keys for Hadoop are free', async () => {
    const { configuration, warnings } = await load(
      'taskmanager.numberOfTaskSlot: 2\nflink.hadoop.fs.defaultFS: hdfs://x\n',
    );
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(
      /"taskmanager\.numberOfTaskSlot".*:1\); did you mean "taskmanager\.numberOfTaskSlots"\?/,
    );
    expect(configuration.withPrefix('flink.hadoop.')).to.deep.equal({ 'fs.defaultFS': 'hdfs://x' });
  });

  it('says so when the folder is missing', async () => {
    const error = await failure(loadConfiguration({ confDir: join(tempDir(), 'nope') }));
    expect(error.message).to.match(/configuration directory \('.*nope'\) does not exist/);
  });
});

describe('config.yaml', () => {
  it('is read, nested keys and all, where flink-conf.yaml is missing', async () => {
    const text = 'rest:\n  port: 7000\n  address: h\ntaskmanager.numberOfTaskSlots: 4\n';
    const { configuration } = await load(text, {}, 'config.yaml');
    expect(configuration.get(Options.restPort)).to.equal(7000);
    expect(configuration.get(Options.taskManagerSlots)).to.equal(4);
    expect((await failure(load('rest:\n  port: no\n', {}, 'config.yaml'))).message).to.match(/config\.yaml:2/);
  });

  it('gives way to flink-conf.yaml', async () => {
    const confDir = tempDir();
    mkdirSync(confDir, { recursive: true });
    writeFileSync(join(confDir, 'config.yaml'), 'rest.port: 1\n');
    writeFileSync(join(confDir, 'flink-conf.yaml'), 'rest.port: 2\n');
    expect((await loadConfiguration({ confDir })).get(Options.restPort)).to.equal(2);
  });
});

describe('the configuration that ships', () => {
  it('holds only keys that the platform knows', async () => {
    const warnings: string[] = [];
    const configuration = await loadConfiguration({ confDir: 'conf', warn: w => warnings.push(w) });
    expect(warnings).to.deep.equal([]);
    expect(configuration.get(Options.jobManagerRpcPort)).to.equal(6123);
    expect(configuration.get(Options.stateBackend)).to.equal('hashmap');
  });
});
