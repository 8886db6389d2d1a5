import { LongCounter, RichSinkFunction } from 'millrace';

/** Where every benchmark ends: counts the records and adds up one number of each, so that a wrong answer shows. */
export class CountingSink<T> extends RichSinkFunction<T> {
  private readonly count = new LongCounter();
  private readonly sum = new LongCounter();

  constructor(private readonly numberOf: (record: T) => number) {
    super();
  }

  override open(): void {
    this.getRuntimeContext().addAccumulator('out_count', this.count);
    this.getRuntimeContext().addAccumulator('out_sum', this.sum);
  }

  override invoke(record: T): void {
    this.count.add(1);
    this.sum.add(this.numberOf(record));
  }
}
