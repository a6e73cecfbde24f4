import { type Logger, silentLogger } from "@streamll/core";
import {
  DeliveryEngine,
  type DeliveryOptions,
  defaultDeliveryOptions,
  type SpoolSetup,
} from "@streamll/core/internal";
import { message } from "../delivery/bench.js";
import { FakeClock } from "../delivery/fake-clock.js";
import { FakeTransport, fakeEndpoint } from "../delivery/fake-transport.js";
import { MemoryDisk } from "./memory-disk.js";

export interface SpooledProgram {
  readonly Engine?: typeof DeliveryEngine;
  readonly disk?: MemoryDisk;
  readonly transport?: FakeTransport;
  readonly clock?: FakeClock;
  readonly options?: Partial<DeliveryOptions>;
  readonly spool?: Partial<SpoolSetup>;
  readonly logger?: Logger;
}

/** A program with a spool. Another one on the same disk is the program after it. */
export function program(given: SpooledProgram = {}) {
  const { disk = new MemoryDisk(), transport = new FakeTransport(), clock = new FakeClock() } = given;
  const engine = new (given.Engine ?? DeliveryEngine)({
    transport,
    clock,
    random: () => 0.5,
    logger: given.logger ?? silentLogger,
    endpoints: [fakeEndpoint()],
    options: { ...defaultDeliveryOptions, batchTimeoutMs: 0, ...given.options },
    spool: {
      maxBytes: 64 * 1024 * 1024,
      fsync: "interval",
      mode: "write-ahead",
      required: true,
      open: async () => ({ disk, path: "/spool/w-1", release: async () => {} }),
      ...given.spool,
    },
  });
  return { disk, transport, clock, engine };
}

/** The broker takes everything at once. */
export function answering(transport = new FakeTransport()): FakeTransport {
  transport.onPublish = (connection) => connection.answer();
  return transport;
}

export const idsOf = (transport: FakeTransport): string[] =>
  transport.stored.map(({ messageId }) => messageId);

export type Program = ReturnType<typeof program>;

/** Offers events of one execution, and returns the ids of those that were accepted. */
export function offer({ engine }: Program, count: number): string[] {
  const events = Array.from({ length: count }, () => message({ correlationId: "one", bytes: 40 }));
  return events.filter((event) => engine.offer(event)).map(({ messageId }) => messageId);
}

/** A program whose events are not answered, and that has written them. */
export async function unanswered(given: SpooledProgram = {}): Promise<Program> {
  const started = program(given);
  await started.engine.start();
  await started.clock.advance(10);
  return started;
}

/** What the next program finds on the disk. */
export async function leftOn(disk: MemoryDisk): Promise<string[]> {
  const transport = answering();
  const next = program({ disk: disk.copy(), transport });
  await next.engine.start();
  await next.clock.advance(1000);
  return idsOf(transport);
}
