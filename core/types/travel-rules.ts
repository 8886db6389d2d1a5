/** A value that can't travel, and where in its record it lies; the path is empty for the record itself. */
export interface Offence {
  path: string;
  what: string;
}

export function describeOffence({ path, what }: Offence): string {
  const where = path === '' ? 'it' : `its field '${path.replace(/^\./, '')}'`;
  return (
    `${where} is ${what}. Records are plain values: numbers, strings, booleans, bigints, null, Dates, typed arrays, ` +
    'arrays, objects, Maps and Sets of them, and instances of classes given to env.registerType.'
  );
}

export const typedArrayPrototypes: ReadonlySet<object> = new Set<object>([
  Uint8Array.prototype,
  Buffer.prototype,
  Int8Array.prototype,
  Uint8ClampedArray.prototype,
  Int16Array.prototype,
  Uint16Array.prototype,
  Int32Array.prototype,
  Uint32Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
  BigInt64Array.prototype,
  BigUint64Array.prototype,
]);

/** Object.prototype or Array.prototype of this realm or of another one (there it is known by its place and its name). */
export function isPlainPrototype(prototype: object | null, name: 'Object' | 'Array'): boolean {
  if (prototype === null) return false;
  if (prototype === (name === 'Object' ? Object.prototype : Array.prototype)) return true;
  const above = Object.getPrototypeOf(prototype) as object | null;
  const root = name === 'Object' ? above === null : above !== null && Object.getPrototypeOf(above) === null;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return root && typeof maker === 'function' && maker.name === name && /\[native code\]/.test(`${maker}`);
}
