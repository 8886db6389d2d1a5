/** Text that routes a record and writes it into the columns of its edge. */
import { hashKey, keyGroupOf } from '../../core/graph/index.js';
import type { ResultPartition } from '../network/result-partition.js';
import { columnName } from '../state/column-set.js';
import type { Code } from './code.js';
import { takeApart } from './record-text.js';

/** Statements that send `record`: into columns if it has their layout, else as a row. */
export function partitionText(code: Code, partition: ResultPartition, record: string, timestamp: string): string {
  const p = code.use(partition, 'edge');
  const asRow = `${p}.collect(${record}, ${timestamp});\n`;
  const { layout } = partition.columns;
  const { turn, hash, single } = partition.routing;
  if (!layout || !(turn || hash || single)) return asRow;

  const columns = code.use(partition.columns, 'columns');
  const sent = code.name('sent');
  const misfit = code.name('misfit');
  const channel = code.name('channel');
  const key = code.name('key');
  const keyHash = code.name('hash');
  const miss = `break ${misfit}`;
  const taken = takeApart(code, layout, record, miss);
  const [w, n] = [code.name('w'), code.name('n')];

  let route = `let ${channel} = 0;\n`;
  let checkKey = '';
  if (hash) {
    route += `const ${key} = ${code.use(hash.keyOf, 'keyOf')}(${record});\n`;
    if (layout.hashed) {
      route +=
        `let ${keyHash} = 0;\n` +
        `if (typeof ${key} === 'string') { ${hashText(key, keyHash)} }\n` +
        `else if (typeof ${key} === 'number' && (${key} | 0) === ${key}) ${keyHash} = ${key} | 0;\n` +
        `else { ${p}.collect(${record}, ${timestamp}); break ${sent}; }\n`;
      // With one consumer there is nothing to choose.
      if (partition.columns.writers.length > 1) {
        const mixed = code.name('mixed');
        route += `${murmurText(keyHash, mixed)}${channel} = ${code.use(hash.channels, 'channels')}[${mixed} % ${hash.maxParallelism}];\n`;
      }
      // The consumer takes the field for the key.
      const field = taken.names[layout.keyField];
      if (field) checkKey = `if (${field} !== ${key}) ${miss};\n`;
    } else {
      route += `${channel} = ${code.use(hash.channels, 'channels')}[${code.use(keyGroupOf, 'keyGroupOf')}(${code.use(hashKey, 'hashKey')}(${key}), ${hash.maxParallelism})];\n`;
    }
  } else if (turn && turn.count > 1) {
    const next = code.use(turn, 'turn');
    route += `${channel} = ${next}.next; ${next}.next = ${channel} + 1 === ${turn.count} ? 0 : ${channel} + 1;\n`;
  }

  const writes = layout.fields.map(({ kind }, i) => {
    const value = taken.names[i]!;
    if (kind === 'str') return `${w}.${columnName(i)}[${n}] = ${value}; ${w}.bytes += ${value}.length;`;
    return `${w}.${columnName(i)}[${n}] = ${kind === 'bool' ? `${value} ? 1 : 0` : value};`;
  });
  if (layout.hashed) writes.push(`${w}.h[${n}] = ${keyHash};`);
  if (layout.timed) writes.push(`${w}.t[${n}] = ${timestamp};`);
  const untimed = layout.timed || timestamp === 'NaN' ? '' : `if (${timestamp} === ${timestamp}) ${miss};\n`;

  return (
    `${sent}: {\n` +
    `if (${columns}.layout !== ${code.use(layout, 'layout')}) { ${p}.collect(${record}, ${timestamp}); break ${sent}; }\n` +
    `${route}${misfit}: {\n${taken.text}${checkKey}${untimed}` +
    `const ${w} = ${code.use(partition.columns.writers, 'writers')}[${channel}], ${n} = ${w}.n;\n` +
    `if (${n} === 0) ${p}.onBatchOpened(${channel});\n` +
    `${writes.join(' ')}\n` +
    `if ((${w}.n = ${n} + 1) >= ${w}.maxRecords || ${w}.bytes >= ${w}.maxBytes) ${columns}.flushChannel(${channel});\n` +
    `break ${sent};\n}\n` +
    `${p}.collectMisfit(${record}, ${timestamp}, ${channel});\n}\n`
  );
}

/**
 * Statements that make `hash` of a string as hashString does. As text, like the next, since V8 would inline neither: they
 * are not what is left of its budget after the author's functions.
 */
export const hashText = (text: string, hash: string): string =>
  `for (let j = 0; j < ${text}.length; j++) ${hash} = (Math.imul(${hash}, 31) + ${text}.charCodeAt(j)) | 0;`;

/** Statements that declare `mixed`, the murmur of a hash. */
export const murmurText = (hash: string, mixed: string): string =>
  `let ${mixed} = Math.imul(${hash}, 0xcc9e2d51); ${mixed} = (${mixed} << 15) | (${mixed} >>> 17); ` +
  `${mixed} = Math.imul(${mixed}, 0x1b873593); ${mixed} = (${mixed} << 13) | (${mixed} >>> 19); ` +
  `${mixed} = ((Math.imul(${mixed}, 5) + 0xe6546b64) | 0) ^ 4; ${mixed} = Math.imul(${mixed} ^ (${mixed} >>> 16), 0x85ebca6b); ` +
  `${mixed} = Math.imul(${mixed} ^ (${mixed} >>> 13), 0xc2b2ae35); ${mixed} ^= ${mixed} >>> 16;\n` +
  `if (${mixed} < 0) ${mixed} = ${mixed} === -2147483648 ? 0 : -${mixed};\n`;
