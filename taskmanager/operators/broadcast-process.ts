/** HOT PATH */
import type {
  BroadcastState,
  MapStateDescriptor,
  ReadOnlyBroadcastState,
  State,
  StateDescriptor,
} from '../../api/index.js';
import { BroadcastStates } from '../state/broadcast-states.js';
import { NO_KEY } from '../state/key-context.js';
import { ScopedStateStore } from '../state/keyed-states.js';
import { VOID_NAMESPACE } from '../state/state-scope.js';
import type { InternalTimerService } from '../timers/internal-timer-service.js';
import { CoOperator } from './co-operator.js';
import type { OperatorContext } from './operator.js';
import { ProcessOperator } from './process.js';
import { ProcessContext } from './process-context.js';
import { RecordCollector } from './record-collector.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type ProcessElement = (value: unknown, context: BroadcastContext, out: RecordCollector) => unknown;

/** Process functions of a stream and a broadcast one. */
export function broadcastProcess(context: OperatorContext, isKeyed: boolean, states: readonly string[]): CoOperator {
  const broadcast = new BroadcastStates(states);
  let timers!: InternalTimerService;
  const contextOf = (made: InternalTimerService): ProcessContext => {
    timers = made;
    return new ReadOnlyBroadcastContext(context, made, broadcast);
  };
  const first = new ProcessOperator(context, isKeyed, { contextOf, keeps: true });
  return new CoOperator(first, new BroadcastSide(context, timers, broadcast));
}

/** What `processElement` and `onTimer` are told: broadcast state is there to be read. */
class ReadOnlyBroadcastContext extends ProcessContext {
  constructor(
    context: OperatorContext,
    timers: InternalTimerService,
    private readonly broadcast: BroadcastStates,
  ) {
    super(context, context.states?.keys, timers);
  }

  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.broadcast.readOnly(descriptor);
  }
}

/** What `processBroadcastElement` is told: there is no current key, but all keys can be gone through. */
class BroadcastContext extends ProcessContext {
  private store: ScopedStateStore | undefined;

  constructor(
    private readonly operator: OperatorContext,
    timers: InternalTimerService,
    private readonly broadcast: BroadcastStates,
  ) {
    super(operator, undefined, timers);
  }

  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.broadcast.state(descriptor);
  }

  applyToKeyedState<S extends State>(descriptor: StateDescriptor<S>, f: (key: unknown, state: S) => void): void {
    const { states } = this.operator;
    if (!states) return;
    const { keys } = states;
    const state = (this.store ??= new ScopedStateStore(states)).get(descriptor);
    try {
      states.forEachSlot(descriptor, VOID_NAMESPACE, slot => {
        keys.slot = slot;
        f(keys.key, state);
      });
    } finally {
      keys.slot = NO_KEY;
    }
  }
}

/** The broadcast side of an operator with two inputs. Rules are few: it is not compiled. */
class BroadcastSide extends UserOperator<ProcessElement> {
  private readonly processElement: ProcessElement;
  private readonly ctx: BroadcastContext;
  private readonly out: RecordCollector;

  constructor(context: OperatorContext, timers: InternalTimerService, broadcast: BroadcastStates) {
    super(context, new UserFunction<ProcessElement>(context, 'processBroadcastElement'), 1);
    this.processElement = this.user.call;
    this.ctx = new BroadcastContext(context, timers, broadcast);
    this.out = new RecordCollector(context.output, this.position, this.index);
    this.out.copies = !context.output.takesCopies && !context.task.objectReuse;
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    const { states } = this.context;
    if (states) states.keys.slot = NO_KEY;
    this.ctx.current = timestamp;
    this.out.timestamp = timestamp;
    const result = this.processElement(record, this.ctx, this.out);
    if (isThenable(result)) this.suspend(result, () => {});
  }
}
