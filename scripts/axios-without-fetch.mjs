import { readFile } from 'node:fs/promises';

/**
 * esbuild plugin: axios looks at `Request` and `FormData` when it is loaded, by which Node loads its fetch, whose
 * WebAssembly reserves 10 GB of address space: YARN's check of virtual memory would kill the container. We use axios's
 * adapter over node:http only.
 */
export const axiosWithoutFetch = {
  name: 'axios-without-fetch',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]axios[\\/]lib[\\/]adapters[\\/]fetch\.js$/ }, () => ({
      contents: 'export const getFetch = () => false; export default false;',
    }));
    onLoad({ filter: /[\\/]axios[\\/]lib[\\/]utils\.js$/ }, async ({ path }) => ({
      // Shadows the real one in this module: none of its features are there.
      contents: `const globalThis = {};\n${await readFile(path, 'utf8')}`,
    }));
  },
};
