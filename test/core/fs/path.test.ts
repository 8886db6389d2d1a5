import { expect } from 'chai';
import { formatPath, joinPath, nameOfPath, parentOfPath, parsePath } from '../../../core/fs/index.js';

describe('parsePath', () => {
  const cases: Array<[string, string]> = [
    ['/a/b', 'file||/a/b'],
    ['file:/a', 'file||/a'],
    ['file:///a', 'file||/a'],
    ['hdfs://host:8020/a/b', 'hdfs|host:8020|/a/b'],
    ['hdfs://nameservice1', 'hdfs|nameservice1|/'],
    ['HDFS:///a//b/./c/../d/', 'hdfs||/a/b/d'],
    ['webhdfs://h:9870/a%20b c#d?e', 'webhdfs|h:9870|/a%20b c#d?e'],
    ['/../..', 'file||/'],
    ['/a:b', 'file||/a:b'],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text}`, () => {
      const { scheme, authority, path } = parsePath(text);
      expect(`${scheme}|${authority}|${path}`).to.equal(expected);
    });
  }

  it('takes the default scheme or root where none is named', () => {
    expect(formatPath(parsePath('/x', 'hdfs'))).to.equal('hdfs:///x');
    expect(formatPath(parsePath('/x', 'hdfs://host:8020/'))).to.equal('hdfs://host:8020/x');
    expect(formatPath(parsePath('file:/x', 'hdfs'))).to.equal('file:/x');
  });

  it('takes relative paths from a working directory only', () => {
    expect(parsePath('a/./b', 'file', '/work').path).to.equal('/work/a/b');
    expect(() => parsePath('a/b')).to.throw(/'a\/b' is no path: it is relative/);
    expect(() => parsePath('hdfs:a/b', 'file', '/work')).to.throw(/absolute path must follow/);
  });

  it('refuses an empty path and NUL', () => {
    expect(() => parsePath('')).to.throw(/empty/);
    expect(() => parsePath('/a\0b')).to.throw(/NUL/);
  });
});

describe('path parts', () => {
  it('join below a path that keeps its scheme', () => {
    expect(joinPath('hdfs://h:1/a/', '/b/', 'c')).to.equal('hdfs://h:1/a/b/c');
    expect(joinPath('/', 'c')).to.equal('/c');
    expect(joinPath('file:/a')).to.equal('file:/a');
  });

  it('name the last segment and the directory above', () => {
    expect(nameOfPath('/a/b')).to.equal('b');
    expect(nameOfPath('/')).to.equal('');
    expect(parentOfPath('/a/b')).to.equal('/a');
    expect(parentOfPath('/a')).to.equal('/');
    expect(parentOfPath('/')).to.equal('/');
  });
});
