export { codeOfErrno, errnoOf, fileError, fromErrno } from './file-error.js';
export type { CreateOptions, FileStatus, FileSystem, FileWriter } from './file-system.js';
export { type FileSystemFactory, FileSystems, type FileSystemsOptions } from './file-systems.js';
export { LocalFileSystem, parseMode } from './local-file-system.js';
export { type FsPath, formatPath, joinPath, nameOfPath, parentOfPath, parsePath } from './path.js';
