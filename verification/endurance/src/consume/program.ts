// A consumer in a process of its own, which may be killed at any time.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { type DedupStore, EventConsumer } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { type ConsumerSetup, PREFETCH } from "./messages.js";

const { url, queue, file, incarnation, hasStore } = await new Promise<ConsumerSetup>((resolve) =>
  process.once("message", resolve),
);
const lines = await open(file, "a");

/** The handler's own lines say what is done: `add` has nothing to write. */
function storeIn(path: string): DedupStore & Disposable {
  const done = new Set<string>();
  const followed = openSync(path, "r");
  const chunk = Buffer.alloc(1 << 16);
  let at = 0;
  let rest = "";
  const follow = () => {
    while (at < fstatSync(followed).size) {
      const count = readSync(followed, chunk, 0, chunk.length, at);
      at += count;
      const whole = (rest + chunk.toString("latin1", 0, count)).split("\n");
      rest = whole.pop()!;
      for (const line of whole) done.add(line.split(" ", 1)[0]!);
    }
  };
  return {
    has(id) {
      follow();
      return done.has(id);
    },
    add() {},
    [Symbol.dispose]: () => closeSync(followed),
  };
}

const store = hasStore ? storeIn(file) : undefined;
const consumer = new EventConsumer({
  url,
  queue,
  prefetch: PREFETCH,
  maxDeliveries: 0,
  logger: silentLogger,
  ...(store && { dedup: store }),
  async handle({ data }) {
    await lines.appendFile(`${data.index} ${incarnation}\n`);
  },
});
process.on("message", async () => {
  await consumer.stop();
  await lines.close();
  store?.[Symbol.dispose]();
  // From here on nothing but what the consumer left behind keeps the process alive.
  process.disconnect?.();
});
await consumer.start();
