export { type BindProgramOptions, bindProgram, dryBind, type FunctionsByOperator } from './bind.js';
export { type PackedBundle, packBundle } from './pack.js';
export { loadProgram, loadProgramFile, type Program, publishApi } from './program.js';
export { replayMain, runMain, type SubmittingExecutor } from './run-main.js';
export { newRecording, Sandbox } from './sandbox.js';
