import type { WindowFunctions } from '../../api/index.js';
import type { WindowSpec } from '../../core/graph/index.js';
import type { OneInputOperator, OperatorContext } from '../operators/operator.js';
import { fitsPanes, PaneOperator } from './pane-operator.js';
import { WindowOperator } from './window-operator.js';

/** The operator for windows of all kinds, or the faster one for those that it can do. */
export function windowOperator(context: OperatorContext, spec: WindowSpec): OneInputOperator {
  const functions = context.functions.function as WindowFunctions;
  return fitsPanes(spec, functions) ? new PaneOperator(context, spec) : new WindowOperator(context, spec);
}
