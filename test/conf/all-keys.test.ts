import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ConfigOption, loadConfiguration, Options } from '../../core/config/index.js';

const ROOT = join(import.meta.dirname, '../..');
const OPTIONS = Object.entries(Options) as Array<[string, ConfigOption<unknown>]>;
const FOLDERS = ['api', 'applicationmaster', 'bundle', 'client', 'core', 'minicluster', 'taskmanager', 'yarn-bridge'];

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(ROOT, folder, file), 'utf8'));
}

describe('the keys of the configuration', () => {
  it('are read somewhere, each of them', () => {
    const code = FOLDERS.flatMap(sourcesBelow).join('\n');
    const dead = OPTIONS.filter(([name]) => !new RegExp(`\\bOptions\\.${name}\\b`).test(code)).map(([, o]) => o.key);
    // These take effect with checkpoints; until then they are parsed and validated.
    expect(dead.sort()).to.deep.equal(['state.backend', 'state.checkpoints.dir', 'state.savepoints.dir']);
  });

  it('have a test each whose title begins with the key, by any of its names', () => {
    const titles = sourcesBelow('test/conf').join('\n');
    const untested = OPTIONS.filter(
      ([, { key, synonyms }]) => ![key, ...synonyms].some(name => titles.includes(`it('${name} `)),
    ).map(([, { key }]) => key);
    expect(untested).to.deep.equal([]);
  });

  it('that ship in conf/flink-conf.yaml are known, and set to their defaults', async () => {
    const warnings: string[] = [];
    const shipped = await loadConfiguration({ confDir: join(ROOT, 'conf'), warn: w => warnings.push(w) });
    expect(warnings).to.deep.equal([]);
    const keys = Object.keys(shipped.toMap());
    expect(keys).to.include.members([
      ...['jobmanager.rpc.address', 'jobmanager.rpc.port', 'jobmanager.heap.size', 'taskmanager.memory.process.size'],
      ...['taskmanager.numberOfTaskSlots', 'parallelism.default', 'state.backend', 'rest.port', 'rest.address'],
    ]);
    for (const [, option] of OPTIONS) {
      if (shipped.has(option) && option.defaultValue !== undefined) {
        expect(shipped.get(option), option.key).to.equal(option.defaultValue);
      }
    }
    // Shown, but left to the user.
    expect(readFileSync(join(ROOT, 'conf/flink-conf.yaml'), 'utf8')).to.match(/^# state\.savepoints\.dir: /m);
  });
});
