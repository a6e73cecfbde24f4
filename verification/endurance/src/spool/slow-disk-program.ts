import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger } from "@streamll/core";
import {
  BodyEncoder,
  type Disk,
  type DiskFile,
  defaultDeliveryOptions,
  PreparedMessage,
  toEvent,
} from "@streamll/core/internal";
import { engineOn, nodeDisk, resolve } from "@streamll/sink/internal";
import { MemoryBroker } from "@streamll/transport-memory";
import { executionOf } from "./messages.js";
import type { SlowDisk, SlowDiskSeen } from "./slow-disk.js";

const { bytesPerSecond, eventsPerSecond, seconds } = JSON.parse(process.argv[2]!) as SlowDisk;
const TICK_MS = 5;
const MOST_A_TURN = 200;
/** What a sync takes beside what is written. */
const SYNC_MS = 10;

let heldThisTurn = 0;
let diskMaxMs = 0;
/** The disk has held up the program: what it does in one turn of the event loop counts together. */
function held(ms: number): void {
  if (heldThisTurn === 0)
    setImmediate(() => {
      heldThisTurn = 0;
    });
  heldThisTurn += ms;
  diskMaxMs = Math.max(diskMaxMs, heldThisTurn);
}

/** A disk that takes so many bytes a second, whoever writes them: a write in the program holds it as long. */
function slowed(disk: Disk): Disk {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  let busyUntil = 0;
  const taking = (bytes: number): number => {
    const now = performance.now();
    busyUntil = Math.max(now, busyUntil) + (bytes / bytesPerSecond) * 1000;
    return busyUntil - now;
  };
  const file = (open: DiskFile): DiskFile => ({
    ...open,
    write(bytes, at) {
      const ms = taking(bytes.length);
      Atomics.wait(sleeper, 0, 0, ms);
      held(ms);
      return open.write(bytes, at);
    },
    async writeLater(bytes, at) {
      await pause(taking(bytes.length));
      return open.writeLater(bytes, at);
    },
    async sync() {
      await pause(SYNC_MS);
      await open.sync();
    },
  });
  return { ...disk, create: (name) => file(disk.create(name)), open: (name) => file(disk.open(name)) };
}

const folder = mkdtempSync(join(tmpdir(), "slow-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const options = { amqpUrl: "memory:slow", flushTimeout: 60 };
const engine = engineOn(
  {
    plan: resolve({ ...options, spool: folder }, silentLogger),
    logger: silentLogger,
    recorded: (transport) => transport,
  },
  async () => ({
    disk: slowed(nodeDisk(folder)),
    path: folder,
    publisherName: "slow",
    release: async () => {},
  }),
);
const broker = MemoryBroker.named("slow");
const text = "x".repeat(300);
const bodies = new BodyEncoder(defaultDeliveryOptions.maxEventBytes);
const messageOf = (index: number): PreparedMessage => {
  const event = toEvent({ eventType: "token", executionId: executionOf(index), data: { index, text } });
  return new PreparedMessage({
    body: bodies.encode(event),
    ...{
      routingKey: "streamll.token.answer",
      messageId: event.eventId,
      correlationId: event.executionId,
      type: event.eventType,
    },
    ...{ timestamp: Date.now(), headers: {} },
  });
};

await engine.start();
let offered = 0;
let refused = 0;
let isSlow = false;
/** Offers what is due, and goes on. */
async function paced(forSeconds: number): Promise<void> {
  const startedAt = performance.now();
  let done = 0;
  for (let now = startedAt; now < startedAt + forSeconds * 1000; now = performance.now()) {
    const due = Math.floor(((now - startedAt) / 1000) * eventsPerSecond);
    // One that was held up does not make up for it at once.
    done = Math.max(done, due - MOST_A_TURN);
    for (; done < due; done++) if (!engine.offer(messageOf(offered++))) refused++;
    isSlow ||= engine.health().problems.some(({ code }) => code === "SPOOL_SLOW");
    // What a broker stores is no burden to a program.
    broker.consume("streamll_events");
    await pause(TICK_MS);
  }
}
// The compiler's own pauses are not the disk's.
await paced(2);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
diskMaxMs = 0;
await paced(seconds);
delay.disable();
const diskMs = diskMaxMs;
const { sent, failed, dropped, pending, spooled = 0 } = await engine.stop();
const seen: SlowDiskSeen = {
  ...{ offered, refused, isSlow, diskMs },
  settled: sent,
  notSettled: failed + dropped + pending + spooled,
  p50Ms: delay.percentile(50) / 1e6,
  p99Ms: delay.percentile(99) / 1e6,
  maxMs: delay.max / 1e6,
};
console.log(JSON.stringify(seen));
process.exit(0);
