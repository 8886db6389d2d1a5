/**
 * A record as text, as print and text files show it: strings as they stand, arrays as Flink shows tuples
 * (`(word,1)`, nested ones too), objects with a `toString` of their own by it, other objects as JSON (`{"word":"to"}`;
 * bigints as digits, Dates in ISO form, Maps as objects, Sets and typed arrays as arrays).
 */
export function formatRecord(record: unknown): string {
  if (typeof record === 'string') return record;
  if (typeof record !== 'object' || record === null) return Object.is(record, -0) ? '-0' : String(record);
  if (Array.isArray(record)) return `(${record.map(formatRecord).join(',')})`;
  if (record instanceof Date) return formatDate(record);
  if (hasOwnText(record)) return String(record);
  return formatJson(record, 0);
}

function formatDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString();
}

function hasOwnText(record: object): boolean {
  const own: unknown = (record as { toString?: unknown }).toString;
  return typeof own === 'function' && own !== Object.prototype.toString && !isBuiltIn(record);
}

function isBuiltIn(record: object): boolean {
  return record instanceof Map || record instanceof Set || ArrayBuffer.isView(record);
}

function formatJson(value: unknown, depth: number): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value ?? 'null');
  if (depth > 32) return '"…"';
  const list = (items: unknown[]): string => `[${items.map(v => formatJson(v, depth + 1)).join(',')}]`;
  if (value instanceof Date) return JSON.stringify(formatDate(value));
  if (Array.isArray(value)) return list(value);
  if (value instanceof Set) return list([...value]);
  if (ArrayBuffer.isView(value)) return list(Array.from(value as Uint8Array));
  const pairs: Array<[unknown, unknown]> = value instanceof Map ? [...value] : Object.entries(value);
  const shown = pairs.filter(([, v]) => v !== undefined);
  return `{${shown.map(([k, v]) => `${JSON.stringify(String(k))}:${formatJson(v, depth + 1)}`).join(',')}}`;
}
