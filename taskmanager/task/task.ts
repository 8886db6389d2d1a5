import { MillraceError, serializeError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import type { OperatorFunctions } from '../../core/graph/index.js';
import type { Logger } from '../../core/logging.js';
import type {
  JobInformation,
  TaskDeploymentDescriptor,
  TaskMetrics,
  TaskStateUpdate,
} from '../../core/protocol/index.js';
import { TypeRegistry } from '../../core/types/index.js';
import { SortingInput } from '../batch/sorting-input.js';
import type { BufferDebloatOptions } from '../network/buffer-debloater.js';
import { routingOf } from '../network/channel-selector.js';
import type { InputGate, TaskInput } from '../network/input-gate.js';
import type { ResultPartition } from '../network/result-partition.js';
import type { Operator, TaskContext, TaskEnd } from '../operators/operator.js';
import { ProcessingTimeService } from '../timers/processing-time.js';
import { TaskAccumulators } from './accumulators.js';
import { buildChain, type Chain } from './chain.js';
import { ChainRunner, STEP } from './chain-runner.js';
import { LatencySource } from './latency-source.js';
import { LatencyStats } from './latency-stats.js';
import { PendingPromises } from './pending-promises.js';
import { OperatorRuntimeContext } from './runtime-context.js';
import { taskError } from './task-error.js';
import { SLICE_MS, type StepResult, TaskLoop } from './task-loop.js';

/** What a task needs of its slot. */
export interface TaskEnvironment {
  fileSystems: FileSystems;
  logger: Logger;
  print(stream: 'out' | 'err', text: string): void;
  report(update: TaskStateUpdate): void;
  /** After each slice; the slot looks at its memory here. */
  afterSlice(): void;
  /** Of local files with records that find no room in memory. */
  spillFolder: string;
  /** Bytes that records may take while they are sorted. */
  sortMemory: number;
  /** The chain is never compiled. */
  interpreted: boolean;
  /** Set: batches shrink for slow tasks. */
  debloat: BufferDebloatOptions | undefined;
  now(): number;
  random(): number;
}

export interface TaskNetwork {
  gate: InputGate | undefined;
  partitions: ResultPartition[];
}

/** How long `close` waits for an `open` that is still under way. */
const OPEN_GRACE_MS = 5_000;

/**
 * One execution: a chain of operators on the mailbox of its slot. INITIALIZING (bind, open) → RUNNING → FINISHED,
 * CANCELED or FAILED; each is reported once, in order. FINISHED only after the consumers have everything, so that the
 * slot may be freed then.
 */
export class Task {
  /** Resolves after the final state was reported; never rejects. */
  readonly done: Promise<void>;
  private readonly context: TaskContext;
  private readonly accumulators = new TaskAccumulators();
  private readonly loop: TaskLoop;
  private readonly latencies: LatencyStats;
  /** Of a source's task, where markers are wanted. */
  private latencySource: LatencySource | undefined;
  /** Before any operator is opened: none of them. */
  private readonly position = { current: -1, cursor: 0 };
  private readonly mode: { interpreted: boolean };
  private chain: Chain | undefined;
  /** The network's gate, or what sorts what comes from there. */
  private input: TaskInput | undefined;
  private runner: ChainRunner | undefined;
  private readonly pending: PendingPromises;
  private readonly processingTime: ProcessingTimeService;
  private opening: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private emitted = 0;
  /** Timers run, no record: a failure is none of a record's. */
  private firesTimers = false;
  private emitUntil = 0;
  private end: TaskEnd | undefined;
  private settleDone!: () => void;
  private readonly waitingForRoom: Array<() => void> = [];
  private writable: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(
    readonly descriptor: TaskDeploymentDescriptor,
    private readonly job: JobInformation,
    private readonly environment: TaskEnvironment,
    private readonly network: TaskNetwork,
  ) {
    const { interpreted } = environment;
    this.mode = { interpreted };
    this.latencies = new LatencyStats(descriptor.subtaskIndex, environment.now);
    this.pending = new PendingPromises({
      position: this.position,
      mode: this.mode,
      interpreted,
      isEnded: () => this.end !== undefined,
      onFailed: error => this.fail(error),
      onSettled: this.wake,
    });
    this.processingTime = new ProcessingTimeService({
      now: environment.now,
      onDue: this.wake,
      position: this.position,
      mayFire: () => this.pending.isEmpty,
    });
    this.done = new Promise(resolve => {
      this.settleDone = resolve;
    });
    this.loop = new TaskLoop(
      () => this.step(),
      () => this.afterSlice(),
      error => this.fail(error),
      () => {
        this.loop.stop();
        void this.finish();
      },
    );
    this.context = this.makeContext();
  }

  get executionId(): string {
    return this.descriptor.executionId;
  }

  get isIdle(): boolean {
    return this.loop.isIdle;
  }

  /** Called by gate and partitions as well as by sources. */
  readonly wake = (): void => {
    this.releaseWriters();
    this.loop.wake();
  };

  /** What the chain's functions were written for has changed. */
  recompile(): void {
    this.runner?.recompile();
  }

  /** Binds, opens, runs. `bind` gives the functions of this subtask, by operator id. */
  start(bind: () => Promise<ReadonlyMap<string, OperatorFunctions>>): void {
    this.report('INITIALIZING');
    this.opening = this.initialize(bind);
    this.opening.catch((error: unknown) => this.fail(error));
  }

  /** Returns at once; CANCELED is reported when all is closed. */
  cancel(): void {
    void this.terminate('canceled', new MillraceError('CANCELED', 'The task was canceled.'));
  }

  /** Ends the task with an error of where it stands now. */
  fail(error: unknown, isOfRecord = !this.firesTimers): void {
    if (this.end !== undefined) return;
    const { vertex, subtaskIndex } = this.descriptor;
    const operator = vertex.operators[this.position.current];
    void this.terminate(
      'failed',
      taskError(error, { vertex, subtaskIndex, operator, record: isOfRecord ? this.runner?.record : undefined }),
    );
  }

  /** Ends the task with an error of its slot's, which no operator is to blame for. */
  abort(error: MillraceError): void {
    void this.terminate('failed', error);
  }

  metrics(): TaskMetrics {
    this.loop.account();
    const sum = (of: (p: ResultPartition) => number): number => this.network.partitions.reduce((n, p) => n + of(p), 0);
    const { busyMs, backPressuredMs, idleMs } = this.loop.times;
    const latencies = this.latencies.figures();
    return {
      executionId: this.executionId,
      recordsIn: this.runner?.recordsIn ?? 0,
      recordsOut: sum(p => p.recordsOut),
      bytesIn: this.runner?.bytesIn ?? 0,
      bytesOut: sum(p => p.bytesOut),
      busyMs: Math.round(busyMs),
      backPressuredMs: Math.round(backPressuredMs),
      idleMs: Math.round(idleMs),
      ...(latencies && { latencies }),
    };
  }

  private async initialize(bind: () => Promise<ReadonlyMap<string, OperatorFunctions>>): Promise<void> {
    const { vertex, outputs, subtaskIndex } = this.descriptor;
    const functions = await bind();
    if (this.end) return;
    const types = TypeRegistry.of(vertex.operators.map(o => functions.get(o.operatorId)?.types));
    for (const [i, partition] of this.network.partitions.entries()) {
      partition.setTypes(types);
      const descriptor = outputs[i]!;
      const target = functions.get(descriptor.edge.targetOperator);
      const { random } = this.environment;
      partition.setRouting(routingOf({ descriptor, producerSubtask: subtaskIndex, target, random }));
    }
    const chain = buildChain({
      vertex,
      task: this.context,
      functions,
      edgesOf: id =>
        this.network.partitions.flatMap((output, i) => {
          const { sourceOperator, sideOutput } = outputs[i]!.edge;
          return sourceOperator === id ? [{ output, sideOutput }] : [];
        }),
      runtimeContextOf: (operator, states) =>
        new OperatorRuntimeContext(this.context, operator, this.accumulators, states),
    });
    this.chain = chain;
    this.input = this.inputOf(chain, functions, types);
    this.runner = new ChainRunner({
      chain,
      task: this.context,
      gate: this.input,
      partitions: this.network.partitions,
      pending: this.pending,
      types,
      interpreted: this.environment.interpreted,
      debloat: this.environment.debloat,
    });
    // Who is called must be open before its caller.
    for (const [index, operator] of [...chain.operators.entries()].reverse()) {
      if (this.end) return;
      this.position.current = index;
      await operator.open?.();
    }
    if (this.end) return;
    this.report('RUNNING');
    this.input?.start(chain.inputs);
    if (chain.source) this.emitLatencyMarkers(chain);
    this.loop.start();
    this.position.current = 0;
    chain.source?.start?.();
  }

  /** Of a batch job: sorted by key, where the head works by key. */
  private inputOf(
    chain: Chain,
    functions: ReadonlyMap<string, OperatorFunctions>,
    types: TypeRegistry | undefined,
  ): TaskInput | undefined {
    const { gate } = this.network;
    const keys = functions.get(this.descriptor.vertex.operators[0]!.operatorId)?.keySelectors;
    if (gate === undefined || keys === undefined || !this.context.batch) return gate;
    const { spillFolder: folder, sortMemory: memory } = this.environment;
    return new SortingInput({
      gate,
      keys: chain.inputs.map((_, i) => keys[i]),
      head: chain.operators[0]!,
      folder,
      memory,
      types,
    });
  }

  private emitLatencyMarkers({ headOutput }: Chain): void {
    const { latencyTrackingInterval: interval } = this.job.config;
    if (interval === undefined) return;
    const { vertex, subtaskIndex } = this.descriptor;
    this.latencySource = new LatencySource({
      interval,
      operatorId: vertex.operators[0]!.operatorId,
      subtaskIndex,
      now: this.environment.now,
      isWritable: () => this.pending.isEmpty && this.isWritable(),
      emit: marker => headOutput.emitLatencyMarker(marker),
    });
  }

  private step(): StepResult {
    if (!this.pending.isEmpty) return 'idle';
    if (!this.isWritable()) return 'backPressured';
    this.latencySource?.emitDue();
    if (this.processingTime.isDue) {
      this.firesTimers = true;
      this.processingTime.fireDue();
      this.firesTimers = false;
      return 'more';
    }
    return this.runner!.step();
  }

  private isWritable(): boolean {
    for (const partition of this.network.partitions) if (!partition.isWritable) return false;
    return true;
  }

  private afterSlice(): void {
    this.runner!.endSlice();
    for (const operator of this.chain!.operators) operator.endOfSlice?.();
    this.environment.afterSlice();
  }

  /** All input is worked off. */
  private async finish(): Promise<void> {
    const chain = this.chain!;
    this.runner!.end();
    this.latencySource?.stop();
    this.processingTime.stop();
    try {
      // Event time is over when a bounded source is.
      if (chain.source) chain.headOutput.emitWatermark(Number.MAX_SAFE_INTEGER);
      // It may have fired timers whose promises are pending.
      await this.pending.quiet();
      if (this.end) return;
      for (const [index, operator] of chain.operators.entries()) {
        this.position.current = index;
        await operator.finish?.();
        await this.pending.quiet();
        if (this.end) return;
      }
      await this.closeOperators('finished');
      for (const partition of this.network.partitions) partition.end();
      await Promise.all(this.network.partitions.map(p => p.handedOver));
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.end) return;
    this.end = 'finished';
    this.loop.stop();
    (this.input ?? this.network.gate)?.close();
    this.report('FINISHED');
    this.settleDone();
  }

  private async terminate(end: 'canceled' | 'failed', error: MillraceError): Promise<void> {
    if (this.end !== undefined) return;
    this.end = end;
    this.loop.stop();
    this.latencySource?.stop();
    this.processingTime.stop();
    this.releaseWriters();
    try {
      this.chain?.source?.cancel?.();
    } catch (problem) {
      this.environment.logger.error('cancel() of a source failed.', problem);
    }
    (this.input ?? this.network.gate)?.close();
    this.runner?.end();
    for (const partition of this.network.partitions) partition.fail(error);
    if (this.opening) await settledWithin(this.opening, OPEN_GRACE_MS);
    await this.closeOperators(end).catch((problem: unknown) => {
      this.environment.logger.error(`close() of '${this.descriptor.vertex.name}' failed.`, problem);
    });
    if (end === 'canceled') this.report('CANCELED');
    else this.report('FAILED', error);
    this.settleDone();
  }

  /** All operators, once; the first failure is thrown after all were closed. */
  private closeOperators(end: TaskEnd): Promise<void> {
    this.closing ??= (async () => {
      let first: { error: unknown } | undefined;
      for (const [index, operator] of (this.chain?.operators ?? ([] as Operator[])).entries()) {
        try {
          await operator.close?.(end);
        } catch (error) {
          if (!first) this.position.current = index;
          first ??= { error };
        }
      }
      if (first) throw first.error;
    })();
    return this.closing;
  }

  private whenWritable(): Promise<void> | undefined {
    if (this.end) return undefined;
    this.loop.wake();
    if (this.pending.isEmpty && this.isWritable()) return this.yieldNowAndThen();
    if (!this.writable) {
      let resolve!: () => void;
      const promise = new Promise<void>(r => {
        resolve = r;
      });
      this.writable = { promise, resolve };
    }
    return this.writable.promise;
  }

  /** An author's loop may run for ever without anything else to wait for: it gives way after a slice's time. */
  private yieldNowAndThen(): Promise<void> | undefined {
    if (++this.emitted < STEP) return undefined;
    this.emitted = 0;
    if (performance.now() < this.emitUntil) return undefined;
    return new Promise(resolve => {
      setImmediate(() => {
        this.emitUntil = performance.now() + SLICE_MS;
        resolve();
      });
    });
  }

  private whenRoom(since: number): Promise<void> | undefined {
    if (!this.isWritable()) return new Promise(resolve => this.waitingForRoom.push(resolve));
    if (performance.now() - since < SLICE_MS) return undefined;
    return new Promise(resolve => setImmediate(resolve));
  }

  private releaseWriters(): void {
    if (this.waitingForRoom.length > 0 && !this.end && this.isWritable()) {
      for (const resolve of this.waitingForRoom.splice(0)) resolve();
    }
    if (!this.writable || (!this.end && (!this.pending.isEmpty || !this.isWritable()))) return;
    this.writable.resolve();
    this.writable = undefined;
  }

  private report(state: TaskStateUpdate['state'], error?: MillraceError): void {
    const final = state === 'FINISHED' || state === 'CANCELED' || state === 'FAILED';
    const accumulators = final ? this.accumulators.snapshot() : undefined;
    this.environment.report({
      jobId: this.descriptor.jobId,
      executionId: this.executionId,
      state,
      ...(error && { error: serializeError(error) }),
      ...(accumulators && { accumulators }),
      ...(final && { metrics: this.metrics() }),
    });
  }

  private makeContext(): TaskContext {
    const { jobId, jobName, vertex, subtaskIndex, attempt } = this.descriptor;
    const { fileSystems, logger, print, now } = this.environment;
    return {
      jobId,
      jobName,
      vertex,
      subtaskIndex,
      attempt,
      objectReuse: this.job.config.objectReuse,
      timeCharacteristic: this.job.config.timeCharacteristic ?? 'event',
      autoWatermarkInterval: this.job.config.autoWatermarkInterval ?? 0,
      batch: this.job.config.batch ?? false,
      fileSystems,
      logger,
      now,
      print,
      processingTime: this.processingTime,
      position: this.position,
      mode: this.mode,
      recompile: () => this.recompile(),
      onLatencyMarker: (index, marker) => this.latencies.report(marker, vertex.operators[index]!.operatorId),
      suspend: (index, thenable, resume) => this.pending.add(index, thenable, resume),
      wake: this.wake,
      whenWritable: () => this.whenWritable(),
      whenRoom: since => this.whenRoom(since),
      fail: (error, isOfRecord) => this.fail(error, isOfRecord),
    };
  }
}

function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    promise
      .catch(() => {})
      .then(() => {
        clearTimeout(timer);
        resolve();
      });
  });
}
