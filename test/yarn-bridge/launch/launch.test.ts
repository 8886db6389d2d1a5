import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { MillraceError } from '../../../core/errors.js';
import type { ShippedResource } from '../../../core/protocol/index.js';
import {
  containerCommand,
  containerLaunchContext,
  literal,
  protoResource,
  restResource,
  shippedResource,
  submissionBody,
  word,
} from '../../../yarn-bridge/launch/index.js';
import { Credentials } from '../../../yarn-bridge/rpc/index.js';

const RUNTIME: ShippedResource = {
  key: 'runtime',
  uri: 'hdfs://nn:8020/user/a b/.flink/cache/é/runtime.tgz',
  size: 12,
  timestamp: 1795454047123,
  type: 'ARCHIVE',
  visibility: 'PRIVATE',
};

/** What a NodeManager's launch script makes of a value. */
function exported(value: string): string {
  return execFileSync('/bin/bash', ['-c', `export K="${value}"\nprintf %s "$K"`], { encoding: 'utf8' });
}

describe('texts for a launch script', () => {
  it('arrive as they were, whatever the shell reads in double quotes', () => {
    for (const text of ['plain', 'a "b" $HOME `id` $(id) \\ \\n', "it's", 'ünï\nline', '{"a":1}']) {
      expect(exported(literal(text)), text).to.equal(text);
    }
  });

  it('are refused where YARN would change them', () => {
    for (const text of ['{"a":{"b":1}}', '{{PATH}}', '<LOG_DIR>/x', 'a<CPS>b']) {
      expect(() => literal(text), text).to.throw(MillraceError, 'YARN replaces');
    }
  });

  it('stay one word on a command line', () => {
    const node = "/opt/my node's/$x";
    const command = `printf '%s|' ${word(node)} ${word('plain')}`;
    expect(execFileSync('/bin/bash', ['-c', `exec /bin/bash -c "${command}"`], { encoding: 'utf8' })).to.equal(
      `${node}|plain|`,
    );
  });
});

describe('the command of a container', () => {
  it('replaces the shell by Node with one role file and nothing of the configuration', () => {
    const command = containerCommand({
      node: './node',
      role: 'taskmanager',
      maxOldSpaceMb: 300.7,
      nodeOptions: ['--max-semi-space-size=16'],
      logName: 'taskmanager',
    });
    expect(command).to.equal(
      'ln -sf taskmanager.err <LOG_DIR>/stderr && exec ./node --max-old-space-size=300 --max-semi-space-size=16 runtime/taskmanager.js ' +
        '1><LOG_DIR>/taskmanager.out 2><LOG_DIR>/taskmanager.err',
    );
  });
});

describe('local resources', () => {
  it('carry size and time exactly as the NameNode gave them', () => {
    const status = {
      path: 'hdfs://nn:8020/x',
      name: 'x',
      type: 'file' as const,
      length: 7,
      modificationTime: 1795454047001,
      owner: 'a',
      permission: '600',
    };
    expect(shippedResource(status, { key: 'k' })).to.deep.equal({
      key: 'k',
      uri: 'hdfs://nn:8020/x',
      size: 7,
      timestamp: 1795454047001,
      type: 'FILE',
      visibility: 'APPLICATION',
    });
  });

  it('are a URI for REST and a decoded path for RPC', () => {
    expect(restResource(RUNTIME).value).to.deep.equal({
      resource: 'hdfs://nn:8020/user/a%20b/.flink/cache/%C3%A9/runtime.tgz',
      type: 'ARCHIVE',
      visibility: 'PRIVATE',
      size: 12,
      timestamp: 1795454047123,
    });
    expect(protoResource(RUNTIME).value).to.deep.equal({
      resource: { scheme: 'hdfs', host: 'nn', port: 8020, file: '/user/a b/.flink/cache/é/runtime.tgz' },
      size: 12,
      timestamp: 1795454047123,
      type: 1,
      visibility: 2,
    });
    expect(protoResource({ ...RUNTIME, uri: 'hdfs://nameservice1/x' }).value.resource).to.deep.equal({
      scheme: 'hdfs',
      host: 'nameservice1',
      file: '/x',
    });
  });
});

describe('a launch context', () => {
  it('has the environment escaped and the credentials as a token file', () => {
    const credentials = new Credentials().addSecret('s', 'secret');
    const context = containerLaunchContext({
      resources: [RUNTIME],
      command: 'exec x',
      environment: { A: '$a' },
      credentials,
    });
    expect(context.environment).to.deep.equal([
      { key: 'MALLOC_ARENA_MAX', value: '1' },
      { key: 'A', value: '\\$a' },
    ]);
    expect(Credentials.read(context.tokens!).secretText('s')).to.equal('secret');
    expect(context.command).to.deep.equal(['exec x']);
    expect(context.localResources).to.have.length(1);
  });
});

describe('a submission', () => {
  it('is the body that the ResourceManager takes, with secrets in base64', () => {
    const body = submissionBody({
      applicationId: 'application_1_0001',
      name: 'n',
      type: 'Apache Flink',
      queue: 'q',
      priority: 3,
      tags: ['t'],
      memoryMb: 512,
      vcores: 1,
      resources: [RUNTIME],
      command: 'exec x',
      secrets: { 'millrace.cluster.secret': 'abc' },
    });
    expect(body).to.deep.include({
      'application-id': 'application_1_0001',
      'application-name': 'n',
      'application-type': 'Apache Flink',
      queue: 'q',
      priority: 3,
      'application-tags': { tag: ['t'] },
      'max-app-attempts': 1,
      resource: { memory: 512, vCores: 1 },
    });
    const spec = body['am-container-spec'] as Record<string, unknown>;
    expect(spec['local-resources']).to.deep.equal({ entry: [restResource(RUNTIME)] });
    expect(spec['credentials']).to.deep.equal({
      tokens: {},
      secrets: { entry: [{ key: 'millrace.cluster.secret', value: 'YWJj' }] },
    });
  });

  it('leaves out what was not asked for', () => {
    const body = submissionBody({
      applicationId: 'application_1_0001',
      name: 'n',
      type: 't',
      queue: 'q',
      priority: -1,
      memoryMb: 512,
      vcores: 1,
      resources: [],
      command: 'x',
    });
    expect(body).not.to.have.any.keys('priority', 'application-tags', 'app-node-label-expression');
  });
});
