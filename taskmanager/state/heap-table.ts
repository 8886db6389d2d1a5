/** HOT PATH */
import type { KeyContext } from './key-context.js';
import { VOID_NAMESPACE } from './state-scope.js';

/** Values by slot of a key and namespace; undefined is none. */
export class HeapTable<V> {
  /** Of the void namespace, by slot. */
  private readonly values: Array<V | undefined> = [];
  private others: Map<number, Map<number, V>> | undefined;

  /** `keys` is told of each slot that something is kept by, or not any more. */
  constructor(private readonly keys: Pick<KeyContext, 'retain' | 'release'>) {}

  get(slot: number, namespace: number): V | undefined {
    if (namespace === VOID_NAMESPACE) return slot < this.values.length ? this.values[slot] : undefined;
    return this.others?.get(namespace)?.get(slot);
  }

  set(slot: number, namespace: number, value: V): void {
    if (namespace !== VOID_NAMESPACE) {
      this.setIn(slot, namespace, value);
      return;
    }
    const { values } = this;
    // No holes: V8 would look for each of them in the prototype.
    while (values.length <= slot) values.push(undefined);
    if (values[slot] === undefined) this.keys.retain(slot);
    values[slot] = value;
  }

  remove(slot: number, namespace: number): void {
    if (namespace === VOID_NAMESPACE) {
      if (this.get(slot, namespace) === undefined) return;
      this.values[slot] = undefined;
      this.keys.release(slot);
      return;
    }
    const values = this.others?.get(namespace);
    if (!values?.delete(slot)) return;
    if (values.size === 0) this.others!.delete(namespace);
    this.keys.release(slot);
  }

  /** Of all slots. */
  removeNamespace(namespace: number): void {
    const values = this.others?.get(namespace);
    if (values === undefined) return;
    this.others!.delete(namespace);
    for (const slot of values.keys()) this.keys.release(slot);
  }

  forEachSlot(namespace: number, f: (slot: number) => void): void {
    if (namespace !== VOID_NAMESPACE) {
      for (const slot of [...(this.others?.get(namespace)?.keys() ?? [])]) f(slot);
      return;
    }
    for (let slot = 0; slot < this.values.length; slot++) if (this.values[slot] !== undefined) f(slot);
  }

  /** Calls `f` for what there is by the next `count` slots in the void namespace; gives where to go on. */
  scan(from: number, count: number, f: (slot: number) => void): number {
    const { values } = this;
    const end = Math.min(values.length, from + count);
    for (let slot = from; slot < end; slot++) if (values[slot] !== undefined) f(slot);
    return end < values.length ? end : 0;
  }

  clear(): void {
    this.values.length = 0;
    this.others = undefined;
  }

  private setIn(slot: number, namespace: number, value: V): void {
    const others = (this.others ??= new Map());
    let values = others.get(namespace);
    if (!values) others.set(namespace, (values = new Map()));
    if (!values.has(slot)) this.keys.retain(slot);
    values.set(slot, value);
  }
}
