/** Text that routes a record and writes it into the columns of its edge. */
import { keyGroupOf } from '../../core/graph/index.js';
import type { RecordLayout } from '../../core/types/index.js';
import type { ColumnOutput } from '../network/column-output.js';
import { type ResultPartition, UNROUTED } from '../network/result-partition.js';
import { columnName } from '../state/column-set.js';
import type { Code } from './code.js';
import { type TakenApart, takeApart } from './record-text.js';

/** Statements that send `record`: into columns if it has their layout, else as a row. */
export function partitionText(code: Code, partition: ResultPartition, record: string, timestamp: string): string {
  const edge = code.use(partition, 'edge');
  const asRow = `${edge}.collect(${record}, ${timestamp});`;
  const { layout } = partition.columns;
  const { turn, hash, single, selected, select } = partition.routing;
  if (!layout || !(turn || hash || single || selected)) return `${asRow}\n`;

  const [sent, misfit, channel] = [code.name('sent'), code.name('misfit'), code.name('channel')];
  const miss = `break ${misfit}`;
  // A key that is a string, and the field in its place, are compared.
  const checked = hash && layout.fields[layout.keyField]?.kind === 'str' ? layout.keyField : -1;
  const taken = takeApart(code, layout, record, miss, checked);
  const route = hash
    ? hashRouteText(code, partition, layout, record, taken, channel, miss, `{ ${asRow} break ${sent}; }`)
    : turn && turn.count > 1
      ? { before: turnText(code.use(turn, 'turn'), turn.count, channel), after: '' }
      : { before: `${channel} = ${selected ? `${code.use(select, 'select')}(${record})` : 0};\n`, after: '' };
  const untimed = layout.timed || timestamp === 'NaN' ? '' : `if (${timestamp} === ${timestamp}) ${miss};\n`;
  return (
    `${sent}: {\n` +
    `if (${code.use(partition.columns, 'columns')}.layout !== ${code.use(layout, 'layout')}) { ${asRow} break ${sent}; }\n` +
    `let ${channel} = ${UNROUTED};\n` +
    `${misfit}: {\n${route.before}${taken.text}${route.after}${untimed}` +
    `${writeText(code, partition.columns, layout, taken, channel, timestamp, route.hash)}break ${sent};\n}\n` +
    `${edge}.collectMisfit(${record}, ${timestamp}, ${channel});\n}\n`
  );
}

interface RouteText {
  /** Statements that set the channel. */
  before: string;
  /** Those that need the record's fields. */
  after: string;
  /** Name of the key's hash, if that travels. */
  hash?: string;
}

function turnText(turn: string, count: number, channel: string): string {
  return `${channel} = ${turn}.next; ${turn}.next = ${channel} + 1 === ${count} ? 0 : ${channel} + 1;\n`;
}

function hashRouteText(
  code: Code,
  { routing, columns }: ResultPartition,
  layout: RecordLayout,
  record: string,
  taken: TakenApart,
  channel: string,
  miss: string,
  otherwise: string,
): RouteText {
  const { keyOf, hashOf, channels, maxParallelism } = routing.hash!;
  const key = code.name('key');
  const before = `const ${key} = ${code.use(keyOf, 'keyOf')}(${record});\n`;
  const groups = code.use(channels, 'channels');
  if (!layout.hashed) {
    const group = `${code.use(keyGroupOf, 'keyGroupOf')}(${code.use(hashOf, 'hashOf')}(${key}), ${maxParallelism})`;
    return { before: `${before}${channel} = ${groups}[${group}];\n`, after: '' };
  }
  const hash = code.name('hash');
  const ofString = `${code.helper('hashOf', hashText(code.use(Math.imul, 'imul')))}(${key})`;
  const field = taken.names[layout.keyField];
  const kind = layout.fields[layout.keyField]?.kind;
  let hashed: string;
  if (kind === 'str') hashed = `if (typeof ${key} !== 'string') ${miss};\nconst ${hash} = ${ofString};\n`;
  else if (kind === 'i32') {
    hashed = `if (typeof ${key} !== 'number' || (${key} | 0) !== ${key}) ${miss};\nconst ${hash} = ${key} | 0;\n`;
  } else {
    hashed =
      `let ${hash} = 0;\nif (typeof ${key} === 'string') ${hash} = ${ofString};\n` +
      `else if (typeof ${key} === 'number' && (${key} | 0) === ${key}) ${hash} = ${key} | 0;\nelse ${otherwise}\n`;
  }
  // With one consumer there is nothing to choose.
  const group = code.helper('keyGroup', keyGroupText(code.use(Math.imul, 'imul'), maxParallelism));
  const choice = columns.writers.length > 1 ? `${groups}[${group}(${hash})]` : '0';
  return {
    before: `${before}${hashed}${channel} = ${choice};\n`,
    // The consumer takes the field for the key.
    after: field ? `if (${field} !== ${key}) ${miss};\n` : '',
    hash,
  };
}

function writeText(
  code: Code,
  columns: ColumnOutput,
  layout: RecordLayout,
  taken: TakenApart,
  channel: string,
  timestamp: string,
  hash: string | undefined,
): string {
  const [w, n] = [code.name('w'), code.name('n')];
  const strings: string[] = [];
  const writes = layout.fields.map(({ kind }, i) => {
    const value = taken.names[i]!;
    if (kind === 'str') strings.push(`${value}.length`);
    return `${w}.${columnName(i)}[${n}] = ${kind === 'bool' ? `${value} ? 1 : 0` : value};`;
  });
  if (hash) writes.push(`${w}.h[${n}] = ${hash};`);
  if (layout.timed) writes.push(`${w}.t[${n}] = ${timestamp};`);
  if (strings.length > 0) writes.push(`${w}.bytes += ${strings.join(' + ')};`);
  const tooLong = strings.length > 0 ? ` || ${w}.bytes >= ${w}.maxBytes` : '';
  return (
    `const ${w} = ${code.use(columns.writers, 'writers')}[${channel}], ${n} = ${w}.n;\n` +
    `${writes.join(' ')}\n` +
    `if ((${w}.n = ${n} + 1) >= ${w}.limit${tooLong}) ${code.use(columns, 'columns')}.onLimit(${channel});\n`
  );
}

/** A function that does as hashString. */
export const hashText = (imul: string): string =>
  `text => { let h = 0; for (let i = 0; i < text.length; i++) h = (${imul}(h, 31) + text.charCodeAt(i)) | 0; return h; }`;

/** A function that does as keyGroupOf. */
export const keyGroupText = (imul: string, maxParallelism: number): string =>
  `h => {\nlet m = ${imul}(h, 0xcc9e2d51); m = (m << 15) | (m >>> 17); m = ${imul}(m, 0x1b873593); m = (m << 13) | (m >>> 19);\n` +
  `m = (${imul}(m, 5) + 0xe6546b64) ^ 4; m = ${imul}(m ^ (m >>> 16), 0x85ebca6b); m = ${imul}(m ^ (m >>> 13), 0xc2b2ae35);\n` +
  `m ^= m >>> 16;\nreturn ${
    isPowerOfTwo(maxParallelism)
      ? `((m ^ (m >> 31)) - (m >> 31)) & ${maxParallelism - 1}`
      : `(m >= 0 ? m : m === -2147483648 ? 0 : -m) % ${maxParallelism}`
  };\n}`;

const isPowerOfTwo = (n: number): boolean => (n & (n - 1)) === 0;
