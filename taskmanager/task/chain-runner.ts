/** HOT PATH: once per step. */
import { countOf, NO_TIMESTAMP, type RecordBatch, rowsOf, type TypeRegistry } from '../../core/types/index.js';
import { BufferDebloater, type BufferDebloatOptions } from '../network/buffer-debloater.js';
import type { TaskInput } from '../network/input-gate.js';
import { BATCH_RECORDS } from '../network/network-memory.js';
import type { ResultPartition } from '../network/result-partition.js';
import type { SourceOperator, TaskContext } from '../operators/operator.js';
import type { Chain } from './chain.js';
import { CompiledChain } from './compiled-chain.js';
import type { PendingPromises } from './pending-promises.js';
import { SLICE_MS, type StepResult } from './task-loop.js';

/** Records between two looks at the clock, at outputs and at pending promises: as many as keep the looks cheap. */
export const STEP = 64;
const LONGEST_STEP = 1024;
/** Steps of a slice; more, and a step may be longer. */
const STEPS_PER_SLICE = 32;
/** Bytes that a step may send; more, and the next takes fewer records, as outputs are looked at between steps only. */
const HEAVY_STEP = 256 * 1024;
/** The chain is compiled after so many records even if its edges have not seen enough to know what they carry. */
const COMPILE_AFTER = 4096;

export interface ChainRunnerOptions {
  chain: Chain;
  task: TaskContext;
  gate: TaskInput | undefined;
  partitions: readonly ResultPartition[];
  pending: PendingPromises;
  /** Classes whose instances may come. */
  types: TypeRegistry | undefined;
  /** Where batches shrink for slow tasks. */
  debloat: BufferDebloatOptions | undefined;
  /** The chain is never compiled. */
  interpreted: boolean;
}

/**
 * Works off a task's input, or polls its source, step by step: one record after the other through the operators at first,
 * then by the compiled chain, and back to the operators for as long as a promise is pending.
 */
export class ChainRunner {
  private readonly compiled: CompiledChain;
  private isStale = true;
  private stepSize = STEP;
  /** Records that a step may have where they are large; found by trying. */
  private lightStep = 1;
  private bytesOut = 0;
  /** When the slice began. */
  private sliceStart = 0;
  private readonly debloater: BufferDebloater | undefined;
  /** The operators have seen records: keyed ones know what their state looks like. */
  private hasBegun = false;
  private steps = 0;
  private sliceSteps = 0;
  private batch: RecordBatch | undefined;
  /** Which input of the head it is for. */
  private input = 0;
  /** Of the batch, where its records are worked off one by one. */
  private rows: unknown[] | undefined;
  private ended = false;
  private recordsTaken = 0;
  private bytesTaken = 0;

  constructor(private readonly options: ChainRunnerOptions) {
    const { chain, task, gate, debloat } = options;
    this.compiled = new CompiledChain(chain, task);
    if (gate && debloat) this.debloater = new BufferDebloater(gate, debloat, BATCH_RECORDS);
  }

  /** Of the batches that were taken from the gate. */
  get recordsIn(): number {
    return this.recordsTaken;
  }

  get bytesIn(): number {
    return this.bytesTaken;
  }

  /** Which record of the task's input, or of its source, is being worked off: the first is 1. Undefined if none is. */
  get record(): number | undefined {
    const { chain, task } = this.options;
    const { cursor } = task.position;
    if (this.ended || cursor === 0) return undefined;
    if (chain.source) return cursor;
    return this.batch && this.recordsTaken - countOf(this.batch) + cursor;
  }

  /** What the chain's functions were written for has changed. */
  recompile(): void {
    this.isStale = true;
  }

  /** A few hundred records. Not while a promise is pending or an output is full. */
  step(): StepResult {
    this.steps++;
    if (this.sliceSteps++ === 0) this.sliceStart = performance.now();
    const { source } = this.options.chain;
    const result = source ? this.pollSource(source) : this.stepInput();
    this.weigh();
    return result;
  }

  private pollSource(source: SourceOperator): StepResult {
    if (this.isStale && this.mayCompile()) this.compileSource();
    this.hasBegun = true;
    // Until a record is emitted what fails is the source.
    this.options.task.position.current = 0;
    const state = source.poll(this.budget());
    return state === 'end' ? 'ended' : state;
  }

  /** Steps are made long enough that looking at the clock costs nothing, short enough for slices of a few milliseconds. */
  endSlice(): void {
    const { sliceSteps, stepSize } = this;
    // Records take long where a step or two use the slice up; more steps, and the thread did not have its time for itself.
    const isSlow = sliceSteps <= 2 && performance.now() - this.sliceStart >= SLICE_MS;
    const least = isSlow ? 1 : Math.min(STEP, stepSize);
    if (sliceSteps > STEPS_PER_SLICE) this.stepSize = Math.min(LONGEST_STEP, stepSize * 2);
    else if (sliceSteps * 4 < STEPS_PER_SLICE) this.stepSize = Math.max(least, stepSize >> 1);
    this.sliceSteps = 0;
    this.debloater?.update(
      this.recordsTaken - (this.batch ? countOf(this.batch) - this.options.task.position.cursor : 0),
    );
  }

  /** No record will be worked off any more. */
  end(): void {
    this.ended = true;
    this.dropBatch();
  }

  private dropBatch(): void {
    this.batch = undefined;
    this.rows = undefined;
  }

  /** Records that the next step may have. */
  private budget(): number {
    let records = Math.min(this.stepSize, this.lightStep);
    for (const { batchRecords } of this.options.partitions) if (batchRecords < records) records = batchRecords;
    return records;
  }

  private weigh(): void {
    let bytesOut = 0;
    for (const partition of this.options.partitions) bytesOut += partition.bytesOut;
    if (bytesOut - this.bytesOut > HEAVY_STEP) this.lightStep = Math.max(1, this.lightStep >> 1);
    else if (this.lightStep < LONGEST_STEP) this.lightStep *= 2;
    this.bytesOut = bytesOut;
  }

  private stepInput(): StepResult {
    const { position } = this.options.task;
    if (this.batch === undefined) {
      const gate = this.options.gate!;
      const next = gate.next();
      if (!next) {
        if (gate.isBusy) return 'more';
        this.debloater?.onIdle();
        return gate.isFinished ? 'ended' : 'idle';
      }
      this.debloater?.onInput();
      this.batch = next.batch;
      this.input = next.input;
      // A batch of this process may come from a task with classes of its own as well.
      if (next.batch.layout === undefined && next.batch.typed) this.options.types?.revive(next.batch.records);
      position.cursor = 0;
      this.recordsTaken += countOf(next.batch);
      this.bytesTaken += next.batch.bytes;
      // A watermark before it fired timers, and a promise of theirs is pending.
      if (!this.options.pending.isEmpty) return 'more';
    }
    const { batch } = this;
    const count = countOf(batch);
    const end = Math.min(count, position.cursor + this.budget());
    if (this.rows === undefined && this.mayCompile()) {
      if (this.isStale) this.compiled.invalidate();
      this.isStale = false;
      this.compiled.functionFor(batch, this.input)(batch, position.cursor, end);
    } else this.interpret(batch, end);
    if (position.cursor === count && this.options.pending.isEmpty) {
      if (batch.layout !== undefined) batch.recycle?.();
      this.dropBatch();
    }
    return 'more';
  }

  private interpret(batch: RecordBatch, end: number): void {
    const { chain, pending, task } = this.options;
    const input = chain.inputs[this.input]!;
    const { position } = task;
    const rows = (this.rows ??= batch.layout === undefined ? batch.records : rowsOf(batch));
    const { timestamps } = batch;
    this.hasBegun = true;
    // A record that has to wait for a promise stops the loop.
    while (position.cursor < end && pending.isEmpty) {
      const i = position.cursor++;
      input.collect(rows[i], timestamps === undefined ? NO_TIMESTAMP : timestamps[i]!);
    }
  }

  /** Not before its edges know what they carry, which saves compiling twice. */
  private mayCompile(): boolean {
    if (this.options.interpreted) return false;
    if (!this.isStale) return true;
    if (!this.hasBegun) return false;
    for (const { columns } of this.options.partitions) {
      if (columns.isProbing && this.steps * STEP < COMPILE_AFTER) return false;
    }
    return true;
  }

  private compileSource(): void {
    this.isStale = false;
    const { source, sourceOutput } = this.options.chain;
    if (source!.useCompiled) source!.useCompiled(this.compiled);
    else sourceOutput!.collect = this.compiled.collectFunction();
  }
}
