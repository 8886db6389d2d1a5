import { expect } from 'chai';
import { checkNodeCanTravel, type NodeBuild, thisNode, whyItCannotTravel } from '../../../yarn-bridge/launch/index.js';

const OFFICIAL: NodeBuild = {
  path: process.execPath,
  version: 'v20.19.0',
  platform: 'linux',
  arch: 'x64',
  sharedLibnode: false,
  musl: false,
  foreignLibraries: [],
};

describe('shipping Node', () => {
  it('takes an executable that needs nothing but the C library', () => {
    expect(whyItCannotTravel(OFFICIAL)).to.equal(undefined);
  });

  it('says of any other why it can’t travel, and what to do instead', () => {
    const cases: Array<[Partial<NodeBuild>, RegExp]> = [
      [{ sharedLibnode: true }, /shared libnode/],
      [{ musl: true }, /musl/],
      [{ foreignLibraries: ['/usr/lib/libicuuc.so.72'] }, /libicuuc\.so\.72/],
      [{ platform: 'darwin' }, /darwin/],
      [{ path: '/nope/node' }, /can't be read/],
    ];
    for (const [change, why] of cases) {
      const build = { ...OFFICIAL, ...change };
      expect(whyItCannotTravel(build)).to.match(why);
      expect(() => checkNodeCanTravel(build))
        .to.throw(why)
        .with.property('message')
        .that.contains('yarn.node-path');
    }
  });

  it('knows the Node that runs', () => {
    expect(thisNode()).to.include({ path: process.execPath, version: process.version, arch: process.arch });
  });

  it('asks DNS for no name while it looks at the Node that runs', () => {
    thisNode();
    expect(process.report).to.have.property('excludeNetwork', true);
  });
});
