// Mocha's spec reporter that also writes the full names of passed tests, a line each, to the file of `file=`.
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class NamesReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const names = [];
    runner.on('pass', test => names.push(test.fullTitle()));
    runner.once('end', () => writeFileSync(options.reporterOptions.file, `${names.join('\n')}\n`));
  }
};
