/** HOT PATH */
import type { Window, WindowFunctions } from '../../api/index.js';
import type { WindowSpec } from '../../core/graph/index.js';
import type { OperatorContext } from '../operators/operator.js';
import { RecordCollector } from '../operators/record-collector.js';
import { UserFunction } from '../operators/user-function.js';
import type { KeyContext } from '../state/key-context.js';
import type { WindowContext } from './window-context.js';

type Call = (...args: unknown[]) => unknown;

/** Calls the window function for the current key, if there is one; else the contents are the result. */
export class WindowCaller {
  readonly out: RecordCollector;
  private readonly user: Call;
  private readonly clearOf: ((context: unknown) => void) | undefined;
  private readonly keys: KeyContext;

  static functionOf(context: OperatorContext, { call }: WindowSpec): UserFunction<Call> {
    const functions = context.functions.function as WindowFunctions;
    return new UserFunction<Call>(context, call, call === 'none' ? () => {} : functions.call);
  }

  constructor(
    context: OperatorContext,
    private readonly spec: WindowSpec,
    user: UserFunction<Call>,
    private readonly windowContext: WindowContext,
  ) {
    this.user = user.call;
    this.clearOf = spec.call === 'process' ? user.method('clear') : undefined;
    this.keys = context.states!.keys;
    this.out = new RecordCollector(context.output, context.task.position, context.index);
    // What it emits may still be in a window.
    this.out.copies = !context.output.takesCopies && !context.task.objectReuse;
  }

  readonly call = (window: Window, elements: Iterable<unknown>): unknown => {
    const { out, user, windowContext } = this;
    const { call, all } = this.spec;
    out.timestamp = window.maxTimestamp();
    if (call === 'none') {
      for (const element of elements) out.collect(element);
      return undefined;
    }
    windowContext.enter(window);
    const what = call === 'process' ? windowContext : window;
    return all ? user(what, elements, out) : user(this.keys.key, what, elements, out);
  };

  /** The window is over. */
  clear(window: Window): void {
    if (this.clearOf === undefined) return;
    this.windowContext.enter(window);
    this.clearOf(this.windowContext);
  }
}
