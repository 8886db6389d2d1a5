import { accessSync, constants } from 'node:fs';
import { MillraceError } from '../../core/errors.js';

/** What is asked of the running Node; a test hands in another one. */
export interface NodeBuild {
  path: string;
  version: string;
  platform: string;
  arch: string;
  /** node_shared: the executable is a stub beside libnode.so. */
  sharedLibnode: boolean;
  /** The C library is musl: containers with glibc can't run it. */
  musl: boolean;
  /** Shared objects beside the C and C++ run time: they would have to be on every node. */
  foreignLibraries: readonly string[];
}

/** Libraries that any Linux with glibc has. */
const USUAL_LIBRARIES =
  /^(linux-vdso\.so|linux-gate\.so|ld-linux[^/]*\.so|lib(c|m|dl|pthread|rt|gcc_s|stdc\+\+|atomic|util|resolv)\.so)/;

interface ReportPart {
  header?: { glibcVersionRuntime?: string };
  sharedObjects?: string[];
}

/** The Node that runs this process. */
export function thisNode(): NodeBuild {
  const variables = process.config.variables as unknown as Record<string, unknown>;
  // Or it would ask DNS for the name of every peer we are connected to, and wait for it.
  if (process.report !== undefined) Object.assign(process.report, { excludeNetwork: true });
  const report = (process.report?.getReport() ?? {}) as ReportPart;
  const libraries = (report.sharedObjects ?? []).filter(file => !file.endsWith('.node') && file !== process.execPath);
  const name = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  return {
    path: process.execPath,
    version: process.version,
    platform: process.platform,
    arch: process.arch,
    sharedLibnode: variables['node_shared'] === true || libraries.some(file => /libnode\.so/.test(name(file))),
    musl: process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined,
    foreignLibraries: libraries.filter(file => !USUAL_LIBRARIES.test(name(file)) && !/musl/.test(file)),
  };
}

/** Why a Node executable can't run on other hosts of a cluster, or undefined if it can. */
export function whyItCannotTravel(build: NodeBuild): string | undefined {
  if (build.platform !== 'linux') return `it is built for ${build.platform}, and YARN's nodes run Linux`;
  if (build.sharedLibnode) return 'it is built against a shared libnode, which stays behind';
  if (build.musl) return 'it is built against musl, and would need that C library on every node';
  const [library] = build.foreignLibraries;
  if (library !== undefined) return `it needs ${library}, which would have to be on every node`;
  try {
    accessSync(build.path, constants.R_OK | constants.X_OK);
  } catch {
    return "the file can't be read";
  }
  return undefined;
}

/** Throws ILLEGAL_CONFIGURATION, saying why and what to do instead, where this Node can't be shipped. */
export function checkNodeCanTravel(build: NodeBuild = thisNode()): void {
  const why = whyItCannotTravel(build);
  if (why === undefined) return;
  const message =
    `This Node executable (${build.path}, ${build.version}, ${build.platform} ${build.arch}) can't be shipped to containers: ${why}. ` +
    'Run the client with an official build of Node from nodejs.org, or install Node on all NodeManagers and set ' +
    'yarn.node-path to it (yarn.ship-node: false).';
  throw new MillraceError('ILLEGAL_CONFIGURATION', message, { context: { key: 'yarn.ship-node', path: build.path } });
}
