/**
 * The kinds of streams, which make each other: in the order in which their classes build on each other. Files of this
 * folder import them from here only, since who comes first in a circle of modules is not theirs to know.
 */
export { DataStream } from './data-stream.js';
export { KeyedStream } from './keyed-stream.js';
export { SingleOutputStreamOperator } from './single-output-stream-operator.js';
export { SplitStream } from './split-stream.js';
