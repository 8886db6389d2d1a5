/** First in, first out; what was taken goes once it is the half. */
export class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }
  get first(): T | undefined {
    return this.items[this.head];
  }
  get last(): T | undefined {
    return this.size === 0 ? undefined : this.items[this.items.length - 1];
  }
  push(item: T): void {
    this.items.push(item);
  }
  replaceLast(item: T): void {
    this.items[this.items.length - 1] = item;
  }
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head++];
    if (this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
