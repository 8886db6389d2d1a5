import fc from 'fast-check';

const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', 'a\udc00b', '', '\u0000'),
);
const leaf = fc.oneof(
  anyString,
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, -0, NaN, Infinity, -Infinity, 2 ** 53, 4294967296),
  // To Node 20 two invalid Dates differ.
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.int16Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  // A part of more memory.
  fc.uint8Array({ minLength: 3 }).map(a => a.subarray(1, 3)),
  fc.constantFrom(2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n, 2n ** 200n, -(2n ** 200n)),
  fc.constantFrom(new Date(8.64e15), new Date(-8.64e15), new Date(-1), new Date(2 ** 32 * 1000), new Date(0.001)),
  fc.uint8Array().map(a => Buffer.from(a)),
);
const fieldName = fc
  .oneof(fc.string(), fc.constantFrom('constructor', 'toString', 'length', '', '0', '\udfff'))
  .filter(k => k !== '__proto__');
/** Any value that may travel, nested, with the odd ones often. */
export const anyRecord = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fieldName, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(anyString, tie('value')), { maxLength: 3 }).map(pairs => new Map(pairs)),
    fc.array(leaf, { maxLength: 3 }).map(items => new Set(items)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(pairs => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map(items => new Set(items)),
  ),
})).value;
