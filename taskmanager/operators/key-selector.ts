import { MillraceError } from '../../core/errors.js';
import type { OperatorContext } from './operator.js';

/** The key selector of an operator's input. It must be there: the operator is keyed. */
export function keySelectorOf(context: OperatorContext, input = 0): (record: unknown) => unknown {
  const selector = context.functions.keySelectors?.[input];
  if (!selector) {
    throw new MillraceError('INVALID_PROGRAM', `'${context.operator.name}' works by key, but its input has no keyBy.`);
  }
  return selector;
}
