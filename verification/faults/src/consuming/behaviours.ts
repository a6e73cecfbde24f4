import { setTimeout as sleep } from "node:timers/promises";
import type { EventConsumer, EventConsumerOptions, EventDelivery } from "@streamll/consumer";

/** Of all behaviours that have something against one event: that event. */
export const THE_EVENT = 150;

export interface Host {
  /** Writes the event of this number down as handled. */
  handled(index: number): void;
  readonly file: string;
}

/** How a program handles events: by a handler, or in a loop of its own. */
export type Behaviour =
  | { readonly handler: NonNullable<EventConsumerOptions["handle"]> }
  | { loop(consumer: EventConsumer): Promise<void> };

const HANDLER_MS = 2;
/** Four heartbeats of the bench. */
const BLOCKED_MS = 4000;
const SLOW_MS = 6000;

const handler = (
  host: Host,
  before: (index: number, delivery: EventDelivery) => unknown = () => {},
): Behaviour => ({
  async handler({ data }, delivery) {
    const index = data.index as number;
    await before(index, delivery);
    await sleep(HANDLER_MS);
    if (!delivery.signal.aborted) host.handled(index);
  },
});

const forEver = () => new Promise<never>(() => {});

const behaviours = {
  ordinary: (host: Host) => handler(host),

  throwsAtOnce: (host: Host) =>
    handler(host, (index, { attempt }) => {
      if (index % 10 === 3 && attempt < 3) throw new Error("not yet");
    }),

  hangs: (host: Host) =>
    handler(host, (index, { attempt }) => (index === THE_EVENT && attempt === 1 ? forEver() : undefined)),

  isSlowOnce: (host: Host) =>
    handler(host, (index, { redelivered }) =>
      index === THE_EVENT && !redelivered ? sleep(SLOW_MS) : undefined,
    ),

  hangsAlways: (host: Host) => handler(host, (index) => (index === THE_EVENT ? forEver() : undefined)),

  hangsToTheEnd: (host: Host) => handler(host, (index) => (index >= THE_EVENT ? forEver() : undefined)),

  blocksTheLoop: (host: Host) =>
    handler(host, (index, { attempt, redelivered }) => {
      if (index !== THE_EVENT || attempt > 1 || redelivered) return;
      const end = performance.now() + BLOCKED_MS;
      while (performance.now() < end);
    }),

  endsTheProcess: (host: Host) =>
    handler(host, (index) => {
      if (index === THE_EVENT) process.kill(process.pid, "SIGKILL");
    }),

  forgetsTheVerdict: (host: Host): Behaviour => ({
    async loop(consumer) {
      for await (const delivery of consumer) {
        const index = delivery.event.data.index as number;
        if (index === THE_EVENT && delivery.attempt === 1) continue;
        host.handled(index);
        void delivery.done();
      }
    },
  }),

  settlesTwice: (host: Host): Behaviour => ({
    async loop(consumer) {
      for await (const delivery of consumer) {
        host.handled(delivery.event.data.index as number);
        void delivery.done();
        delivery.retry();
        delivery.giveBack();
        void delivery.done();
      }
    },
  }),
} as const satisfies Record<string, (host: Host) => Behaviour>;

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: BehaviourName, host: Host): Behaviour => behaviours[name](host);
