/**
 * The kinds of streams, which make each other; DataStream first, on which the others build. Files of this folder import
 * them from here only, since who comes first in a circle of modules is not theirs to know. A class that extends another
 * one than DataStream imports that by its own file.
 */
export { DataStream } from './data-stream.js';
export { IterativeStream } from './iterative-stream.js';
export { KeyedStream } from './keyed-stream.js';
export { SingleOutputStreamOperator } from './single-output-stream-operator.js';
export { SplitStream } from './split-stream.js';
