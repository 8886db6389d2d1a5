import { SocketSink } from '../connectors/socket/socket-sink.js';
import { SocketSource } from '../connectors/socket/socket-source.js';
import { csvOf, lineOf } from '../connectors/text-file/record-lines.js';
import { TextFileSink } from '../connectors/text-file/text-file-sink.js';
import { TextFileSource } from '../connectors/text-file/text-file-source.js';
import { windowOperator } from '../windowing/create-window-operator.js';
import { AggregateFieldOperator } from './aggregate-field.js';
import { AsyncWaitOperator } from './async-wait.js';
import { broadcastProcess } from './broadcast-process.js';
import { CoOperator } from './co-operator.js';
import { CollectionSource } from './collection-source.js';
import { FilterOperator } from './filter.js';
import { FlatMapOperator } from './flat-map.js';
import { FunctionSink } from './function-sink.js';
import { FunctionSource } from './function-source.js';
import { IdentityOperator } from './identity.js';
import { intervalJoin } from './interval-join.js';
import { MapOperator } from './map.js';
import type { OneInputOperator, OperatorContext, SourceOperator, TwoInputOperator } from './operator.js';
import { PrintSink } from './print-sink.js';
import { ProcessOperator } from './process.js';
import { ReduceOperator } from './reduce.js';
import { SequenceSource } from './sequence-source.js';
import { SplitOperator } from './split.js';
import { TimestampsAndWatermarksOperator } from './timestamps-and-watermarks.js';

/** The operator of a spec. Adding a kind means a file with its class, and a line here. */
export function createOperator(context: OperatorContext): OneInputOperator | TwoInputOperator | SourceOperator {
  const { spec } = context.operator;
  switch (spec.kind) {
    case 'source.collection':
      return new CollectionSource(context, spec);
    case 'source.sequence':
      return new SequenceSource(context, spec);
    case 'source.text-file':
      return new TextFileSource(context, spec.path);
    case 'source.socket':
      return new SocketSource(context, spec);
    case 'source.function':
      return new FunctionSource(context);
    case 'map':
      return new MapOperator(context);
    case 'flat-map':
      return new FlatMapOperator(context);
    case 'filter':
      return new FilterOperator(context);
    case 'timestamps-and-watermarks':
      return new TimestampsAndWatermarksOperator(context);
    case 'iteration':
    case 'identity':
      return new IdentityOperator(context);
    case 'split':
      return new SplitOperator(context);
    case 'async':
      return new AsyncWaitOperator(context, spec);
    case 'process':
      return new ProcessOperator(context, false);
    case 'keyed-process':
      return new ProcessOperator(context, true);
    case 'reduce':
      return new ReduceOperator(context);
    case 'aggregate-field':
      return new AggregateFieldOperator(context, spec);
    case 'window':
      return windowOperator(context, spec);
    case 'co-map':
      return new CoOperator(new MapOperator(context, 'map1'), new MapOperator(context, 'map2', 1));
    case 'co-flat-map':
      return new CoOperator(new FlatMapOperator(context, 'flatMap1'), new FlatMapOperator(context, 'flatMap2', 1));
    case 'co-process':
    case 'keyed-co-process': {
      const isKeyed = spec.kind === 'keyed-co-process';
      const first = new ProcessOperator(context, isKeyed, { method: 'processElement1' });
      const second = new ProcessOperator(context, isKeyed, { method: 'processElement2', input: 1, partner: first });
      return new CoOperator(first, second);
    }
    case 'broadcast-process':
    case 'keyed-broadcast-process':
      return broadcastProcess(context, spec.kind === 'keyed-broadcast-process', spec.states);
    case 'interval-join':
      return intervalJoin(context, spec);
    case 'sink.print':
      return new PrintSink(context, spec);
    case 'sink.text-file':
      return new TextFileSink(context, spec.path, spec.csv ? csvOf(spec.csv, context.operator.name) : lineOf);
    case 'sink.socket':
      return new SocketSink(context, spec);
    case 'sink.function':
      return new FunctionSink(context);
  }
}
