/** HOT PATH: once per batch. */
import { decodeBatch, encodeBatch } from '../../core/types/index.js';
import type { PartitionElement } from '../network/partition-element.js';
import type { SpillFile } from './spill-file.js';

/** Where a batch stands in the file. */
interface Place {
  kind: 'stored';
  start: number;
  length: number;
}

/** The elements of an edge of a batch job, in order: batches lie in a file until they are taken, the few events here. */
export class SpilledElements {
  private elements: Array<PartitionElement | Place> = [];
  private next = 0;

  /** The file is made with the first batch, and is its owner's to close. */
  constructor(private readonly file: () => SpillFile) {}

  get isEmpty(): boolean {
    return this.next === this.elements.length;
  }

  push(element: PartitionElement): void {
    if (element.kind !== 'data') {
      this.elements.push(element);
      return;
    }
    const { batch } = element;
    const bytes = encodeBatch(batch);
    if (batch.layout !== undefined) batch.recycle?.();
    this.elements.push({ kind: 'stored', start: this.file().append(bytes), length: bytes.length });
  }

  peek(): PartitionElement['kind'] | undefined {
    const kind = this.elements[this.next]?.kind;
    return kind === 'stored' ? 'data' : kind;
  }

  shift(): PartitionElement | undefined {
    const bytes = this.shiftBytes();
    if (bytes !== undefined) return { kind: 'data', batch: decodeBatch(bytes) };
    return this.isEmpty ? undefined : (this.elements[this.next++] as PartitionElement);
  }

  /** The next element as it travels, if it is a batch. */
  shiftBytes(): Uint8Array | undefined {
    const element = this.elements[this.next];
    if (element?.kind !== 'stored') return undefined;
    this.next++;
    return this.file().read(element.start, element.length);
  }

  clear(): void {
    this.elements = [];
    this.next = 0;
  }
}
