import { expect } from 'chai';
import type { HostPort } from '../../../core/protocol/index.js';
import { FrameKind } from '../../../core/protocol/index.js';
import type { RingMemory } from '../../../taskmanager/network/ring-memory.js';
import { RingTransport } from '../../../taskmanager/network/ring-transport.js';
import { type LinkedHost, SlotLinks } from '../../../taskmanager/slots/slot-links.js';
import { eventually } from '../../testing/eventually.js';

/** A slot's host that only counts what it is told. */
class TestingHost implements LinkedHost {
  readonly data: HostPort;
  readonly ended: Promise<void>;
  readonly served: RingTransport[] = [];
  readonly lost: string[] = [];
  frames = 0;
  end!: () => void;

  constructor(
    private readonly links: SlotLinks,
    port: number,
  ) {
    this.data = { host: 'h', port };
    this.ended = new Promise(resolve => {
      this.end = resolve;
    });
    links.add(this);
  }

  serve(memory: RingMemory): void {
    this.served.push(this.listening(new RingTransport(memory, 'producer')));
  }

  connect(port: number): RingTransport {
    return this.listening(new RingTransport(this.links.connect(this, { host: 'h', port }), 'consumer'));
  }

  private listening(transport: RingTransport): RingTransport {
    transport.listen({ onFrame: () => this.frames++, onLost: reason => this.lost.push(reason) });
    return transport;
  }
}

describe('the links between slots', () => {
  let links: SlotLinks;
  let producer: TestingHost;
  let consumer: TestingHost;

  beforeEach(() => {
    links = new SlotLinks(32 * 1024);
    producer = new TestingHost(links, 1);
    consumer = new TestingHost(links, 2);
  });
  afterEach(() => {
    producer.end();
    consumer.end();
  });

  it('join a consumer to the slot that listens at the address it has', async () => {
    const transport = consumer.connect(1);
    transport.send([FrameKind.CREDIT, 0, 0, 1]);
    await eventually(() => producer.frames === 1);
    producer.served[0]!.send([FrameKind.END, 0, 0, null]);
    await eventually(() => consumer.frames === 1);
  });

  it('refuse an address where no slot of this TaskManager listens', () => {
    expect(() => consumer.connect(7)).to.throw('No slot of this TaskManager listens at h:7');
  });

  for (const dying of ['producer', 'consumer'] as const) {
    it(`tell the other side when the ${dying} ended without a word`, async () => {
      consumer.connect(1);
      const [gone, other] = dying === 'producer' ? [producer, consumer] : [consumer, producer];
      gone.end();
      await eventually(() => other.lost.length === 1);
      expect(other.lost).to.deep.equal(['the thread of its slot ended']);
    });
  }

  it('of a slot do not pass on to its successor at the same address', async () => {
    const old = consumer.connect(1);
    producer.end();
    await producer.ended;
    const successor = new TestingHost(links, 1);
    old.send([FrameKind.OPEN, 0, 0, null]);
    await eventually(() => consumer.lost.length === 1);
    expect(successor.served).to.deep.equal([]);
    consumer.connect(1).send([FrameKind.OPEN, 0, 0, null]);
    await eventually(() => successor.frames === 1);
    successor.end();
  });

  it('are forgotten when both sides have closed them', async () => {
    for (let i = 0; i < 10; i++) consumer.connect(1);
    expect(links.size).to.equal(10);
    for (const transport of producer.served) transport.close();
    await eventually(() => consumer.lost.length === 10);
    expect(links.size).to.equal(0);
  });
});
