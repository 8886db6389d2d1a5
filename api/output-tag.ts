import { MillraceError } from '../core/errors.js';

/**
 * Names a side output, and says what its records are. The same id means the same output.
 *
 *     const late = new OutputTag<Order>('late');
 */
export class OutputTag<T> {
  declare protected readonly recordType: T;
  private readonly id: string;

  constructor(id: string) {
    if (typeof id !== 'string' || id === '') {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'OutputTag id must not be null or empty.', { domain: 'user' });
    }
    this.id = id;
  }

  getId(): string {
    return this.id;
  }

  toString(): string {
    return `OutputTag(${this.id})`;
  }
}
