import { expect } from 'chai';
import { mapHost, parseHostMap } from '../../../yarn-bridge/hdfs/index.js';

describe('hdfs.host-map', () => {
  it('is a list of hosts, with or without ports', () => {
    expect(parseHostMap(' dn1=127.0.0.1, DN2:9864=localhost:19864 ;dn3=[::1]')).to.deep.equal({
      dn1: '127.0.0.1',
      'dn2:9864': 'localhost:19864',
      dn3: '[::1]',
    });
    expect(parseHostMap('')).to.deep.equal({});
  });

  it('names the part that is none', () => {
    expect(() => parseHostMap('dn1=a,nonsense')).to.throw(/hdfs\.host-map holds 'nonsense'/);
  });

  it('replaces the host of a URL and leaves all the rest', () => {
    const map = { dn1: '127.0.0.1', 'dn1:9865': '10.0.0.1:1', dn2: 'h:7' };
    expect(mapHost('http://dn1:9864/webhdfs/v1/a%20b?op=OPEN', map)).to.equal(
      'http://127.0.0.1:9864/webhdfs/v1/a%20b?op=OPEN',
    );
    expect(mapHost('http://DN1:9865/x', map)).to.equal('http://10.0.0.1:1/x');
    expect(mapHost('https://dn2:9864/x', map)).to.equal('https://h:7/x');
    expect(mapHost('http://other:9864/x', map)).to.equal('http://other:9864/x');
  });
});
