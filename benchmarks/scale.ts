// How it grows: npm run bench:scale -- [--parts slots,deployment,jobs,simulated] … (README.md has all options)
import { measureChurn } from './scale-churn.js';
import { measureDeployment } from './scale-deployment.js';
import { scaleOptions } from './scale-options.js';
import { ScaleRecorder } from './scale-recorder.js';
import { measureSimulated } from './scale-simulated.js';
import { measureSlots } from './scale-slots.js';

const options = scaleOptions(process.argv.slice(2));
const recorder = new ScaleRecorder();
const { parts } = options;
try {
  if (parts.includes('slots')) await measureSlots(options.slots, recorder);
  if (parts.includes('deployment')) await measureDeployment(options.deployment, recorder);
  if (parts.includes('jobs')) await measureChurn(options.churn, recorder);
  if (parts.includes('simulated')) await measureSimulated(options.simulated, recorder);
} finally {
  recorder.print();
}
