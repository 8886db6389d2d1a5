// A slot's thread when the TaskManager runs from source: threads do not inherit the loader for TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
