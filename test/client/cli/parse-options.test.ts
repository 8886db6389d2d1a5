import { expect } from 'chai';
import { UsageError } from '../../../client/cli/io.js';
import * as tables from '../../../client/cli/option-table.js';
import { type OptionTable, parseOptions, parseProperties } from '../../../client/cli/parse-options.js';
import { SESSION_OPTIONS } from '../../../client/cli/session-options.js';

const RUN = {
  ...tables.GENERAL_OPTIONS,
  ...tables.RUN_OPTIONS,
  ...tables.GENERIC_OPTIONS,
  ...tables.DEFAULT_MODE_OPTIONS,
  ...tables.YARN_ATTACH_OPTIONS,
  ...tables.YARN_OPTIONS,
};

/** What was found, by the option's name, and the words. */
function parsed(table: OptionTable, ...argv: string[]): { words: readonly string[]; [option: string]: unknown } {
  const options = parseOptions(table, argv);
  const found = Object.keys(table).filter(name => options.has(name));
  return { ...Object.fromEntries(found.map(name => [name, options.all(name).join('|')])), words: options.args };
}

describe('options of the command line', () => {
  for (const [action, table] of [
    ['run', RUN],
    ['list', { ...tables.GENERAL_OPTIONS, ...tables.LIST_OPTIONS }],
    ['cancel', { ...tables.GENERAL_OPTIONS, ...tables.CANCEL_OPTIONS }],
    ['stop', { ...tables.GENERAL_OPTIONS, ...tables.STOP_OPTIONS }],
    ['savepoint', { ...tables.GENERAL_OPTIONS, ...tables.SAVEPOINT_OPTIONS }],
    ['yarn-session.sh', SESSION_OPTIONS],
  ] as Array<[string, OptionTable]>) {
    it(`are taken by ${action} in each of their spellings`, () => {
      for (const [name, { short, long, argument }] of Object.entries(table)) {
        const value = argument === undefined ? '' : 'k=v';
        const spellings = [
          ...(short === undefined ? [] : [[`-${short}`]]),
          ...(long === undefined ? [] : [[`--${long}`], [`-${long}`]]),
        ].flatMap(([flag]) => (argument === undefined ? [[flag!]] : [[flag!, value], [`${flag}=${value}`]]));
        for (const spelling of spellings) {
          expect(parsed(table, ...spelling, 'word'), spelling.join(' ')).to.deep.equal({
            [name]: value,
            words: ['word'],
          });
        }
      }
    });
  }

  it('may have their value glued to a name of one letter, and to -yD', () => {
    expect(parsed(RUN, '-p4', '-Da=1', '-D', 'b=2', '-yDc=3', '-yD', 'd=4')).to.deep.equal({
      parallelism: '4',
      define: 'a=1|b=2',
      yarnDefine: 'c=3|d=4',
      words: [],
    });
  });

  it('count once, by the last of them, where they are not to be repeated', () => {
    expect(parsed(RUN, '-p', '2', '-p', '3')).to.deep.equal({ parallelism: '3', words: [] });
  });

  it("end at the first word: what follows is the program's, whatever it looks like", () => {
    const own = ['job.js', '-p', '3', '--input', 'a b', '-d', '--', '-Dx=y', '', '--bogus'];
    expect(parsed(RUN, '-c', 'A', ...own)).to.deep.equal({ entry: 'A', words: own });
  });

  it('end at --, which itself is no word', () => {
    expect(parsed(RUN, '-d', '--', '-odd-name.js', '--', '-x')).to.deep.equal({
      detached: '',
      words: ['-odd-name.js', '--', '-x'],
    });
  });

  it('take a negative number or a strange word for a value, but none of the other options', () => {
    expect(parsed(RUN, '-p', '-1')).to.include({ parallelism: '-1' });
    expect(() => parsed(RUN, '-c', '-d', 'job.js')).to.throw(UsageError, /^Missing argument for option: c$/);
    expect(() => parsed(RUN, '-c', '--', 'job.js')).to.throw(UsageError, /^Missing argument for option: c$/);
    expect(() => parsed(RUN, '--parallelism')).to.throw(UsageError, /^Missing argument for option: p$/);
  });

  it('are refused with their name where they are unknown, or are switches with a value', () => {
    expect(() => parsed(RUN, '--bogus', 'job.js')).to.throw(UsageError, /^Unrecognized option: --bogus$/);
    expect(() => parsed(RUN, '-x')).to.throw(UsageError, /^Unrecognized option: -x$/);
    expect(() => parsed(RUN, '--d')).to.throw(UsageError, /^Unrecognized option: --d$/);
    expect(() => parsed(RUN, '--detached=yes')).to.throw(UsageError, /^Unrecognized option: --detached=yes$/);
  });

  it('leave out a value that is optional', () => {
    const cancel = { ...tables.CANCEL_OPTIONS, ...tables.DEFAULT_MODE_OPTIONS };
    expect(parsed(cancel, '-s', '-m', 'a:1', 'id')).to.deep.equal({
      withSavepoint: '',
      jobManager: 'a:1',
      words: ['id'],
    });
    expect(parsed(cancel, '-s', '/dir', '-m', 'a:1', 'id')).to.include({ withSavepoint: '/dir', jobManager: 'a:1' });
  });

  it('set a key to true where -D gives it no value, and keep = in values', () => {
    expect(parseProperties(['a=b=c', 'flag', ' k = v '])).to.deep.equal({ a: 'b=c', flag: 'true', k: 'v' });
    expect(() => parseProperties(['=x'])).to.throw(UsageError, /-D needs key=value, not "=x"/);
  });
});
