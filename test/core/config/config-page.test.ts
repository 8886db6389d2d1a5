import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { configPage } from '../../../scripts/config-page.js';

describe('docs/config.md', () => {
  it('is what the options say of themselves (npm run docs)', () => {
    expect(readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8')).to.equal(configPage());
  });
});
