import { expect } from 'chai';
import { ProcessingTimeService } from '../../../taskmanager/timers/processing-time.js';
import { eventually } from '../../testing/eventually.js';

describe('the processing time of a task', () => {
  let now: number;
  let isPending: boolean;
  let dueCalls: number;
  let fired: string[];
  const position = { current: -1 };
  let service: ProcessingTimeService;

  beforeEach(() => {
    now = 1000;
    isPending = false;
    dueCalls = 0;
    fired = [];
    service = new ProcessingTimeService({
      now: () => now,
      onDue: () => dueCalls++,
      position,
      mayFire: () => !isPending,
    });
  });
  afterEach(() => service.stop());

  const timer = (index: number): ReturnType<ProcessingTimeService['timer']> =>
    service.timer(index, time => void fired.push(`${index}@${time} by ${position.current}`));

  it('wakes its task, and calls back in order what has passed by then', async () => {
    const [a, b, c] = [timer(0), timer(1), timer(2)];
    a.at(1003);
    b.at(1001);
    c.at(2000);
    await eventually(() => service.isDue, { interval: 1 });
    expect([dueCalls, fired]).to.deep.equal([1, []]);
    now = 1004;
    service.fireDue();
    expect(fired).to.deep.equal(['1@1001 by 1', '0@1003 by 0']);
    expect(service.isDue).to.equal(false);
  });

  it('calls back for a point only when it has passed', async () => {
    timer(0).at(1001);
    await eventually(() => service.isDue, { interval: 1 });
    now = 1001;
    service.fireDue();
    expect([fired, service.isDue]).to.deep.equal([[], false]);
    await eventually(() => service.isDue, { interval: 1 });
    now = 1002;
    service.fireDue();
    expect(fired).to.deep.equal(['0@1001 by 0']);
  });

  it('forgets what was canceled or set anew', async () => {
    const [a, b] = [timer(0), timer(1)];
    a.at(1000);
    a.cancel();
    b.at(1000);
    b.at(1001);
    now = 1005;
    await eventually(() => service.isDue, { interval: 1 });
    service.fireDue();
    expect(fired).to.deep.equal(['1@1001 by 1']);
  });

  it('waits for a promise that a callback began', async () => {
    service
      .timer(0, () => {
        fired.push('first');
        isPending = true;
      })
      .at(1000);
    service.timer(1, () => fired.push('second')).at(1001);
    now = 1005;
    await eventually(() => service.isDue, { interval: 1 });
    service.fireDue();
    expect([fired, service.isDue]).to.deep.equal([['first'], true]);
    isPending = false;
    service.fireDue();
    expect([fired, service.isDue]).to.deep.equal([['first', 'second'], false]);
  });

  it('lets a callback set its timer again, in the same turn if that is past too', async () => {
    const again = service.timer(0, time => {
      fired.push(String(time));
      if (time < 1003) again.at(time + 1);
    });
    again.at(1001);
    now = 1003;
    await eventually(() => service.isDue, { interval: 1 });
    service.fireDue();
    expect(fired).to.deep.equal(['1001', '1002']);
    now = 1010;
    await eventually(() => service.isDue, { interval: 1 });
    service.fireDue();
    expect(fired).to.deep.equal(['1001', '1002', '1003']);
  });

  it('leaves no timeout behind when it is stopped', () => {
    timer(0).at(5000);
    const timeouts = (): number => process.getActiveResourcesInfo().filter(r => r === 'Timeout').length;
    const before = timeouts();
    service.stop();
    expect(timeouts()).to.equal(before - 1);
    timer(1).at(1000);
    expect(timeouts()).to.equal(before - 1);
  });
});
