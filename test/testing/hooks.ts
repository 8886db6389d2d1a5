import { removeTempDirs } from './temp-dir.js';

export const mochaHooks = {
  afterAll(): void {
    removeTempDirs();
  },
};
