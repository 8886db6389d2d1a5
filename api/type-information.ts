/**
 * The type of a key, for where it is not TypeScript's alone: Java hashes 1 and 1.0 differently, JavaScript has one kind of
 * number.
 */
export class TypeInformation<T> {
  declare protected readonly type: T;

  /** @internal */
  constructor(
    private readonly name: string,
    /** @internal How keys are hashed where their JavaScript type leaves it open. */
    readonly keyType?: 'double',
  ) {}

  toString(): string {
    return this.name;
  }
}

/**
 * The types that a key may be declared to have.
 *
 *     const byPrice = orders.keyBy(o => o.price, Types.DOUBLE);   // 2 goes where Flink sends 2.0
 */
export class Types {
  /** A text, hashed as Java hashes one: what a text is without a type, too. */
  static readonly STRING = new TypeInformation<string>('String');
  /** A whole number of 32 bits: what such a number is without a type, too. */
  static readonly INT = new TypeInformation<number>('Integer');
  /** A number that is hashed as a double even where it is whole. */
  static readonly DOUBLE = new TypeInformation<number>('Double', 'double');
  /** A bigint, of which 64 bits count: what one is without a type, too. */
  static readonly LONG = new TypeInformation<bigint>('Long');
  /** What a boolean is without a type, too. */
  static readonly BOOLEAN = new TypeInformation<boolean>('Boolean');
}
