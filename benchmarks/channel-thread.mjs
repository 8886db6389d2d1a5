// A thread of channel.ts, which is TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./channel-thread.ts');
