import type { EventInHand } from "@streamll/consumer";
import { describe, expect, it } from "vitest";
import { scene } from "./scene.js";

const numbersOf = (events: readonly EventInHand[]) => events.map(({ event }) => event.data.n);

describe("a consumer with handleBatch", () => {
  it("hands over full batches, one after another and in order, and what is left after the wait", async () => {
    const { consumer, put, settled } = scene();
    await put(1, 2, 3, 4, 5);
    const batches: unknown[] = [];
    let running = 0;
    const writer = consumer({
      batch: { size: 2, wait: "50ms" },
      async handleBatch(events) {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
        batches.push(numbersOf(events));
      },
    });
    await writer.start();
    await settled(writer);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
    expect(await writer.stop()).toMatchObject({ handled: 5 });
  });

  it("has one verdict for each event: its own, or else that of the batch", async () => {
    const { broker, consumer, put, settled } = scene();
    await put(1, 2, 3, 4);
    broker.declareQueue("dead");
    broker.declareExchange("failed");
    broker.bind("dead", "failed");
    const batches: unknown[] = [];
    const writer = consumer({
      deadLetterExchange: "failed",
      declareTopology: "none",
      retry: { attempts: 9, backoffMs: 1 },
      batch: { size: 4, wait: "10ms" },
      handleBatch(events) {
        batches.push(numbersOf(events));
        if (batches.length > 1) return;
        void events[0]!.done();
        events[1]!.dead("BAD", "it is bad");
        events[2]!.retry();
        throw new Error("for the fourth");
      },
    });
    const failed: unknown[] = [];
    writer.on("failed", ({ code, delivery }) => failed.push(`${delivery.messageId} ${code}`));
    await writer.start();
    await settled(writer);
    expect(batches[0]).toEqual([1, 2, 3, 4]);
    expect(batches.slice(1).flat().toSorted()).toEqual([3, 4]);
    expect(failed.toSorted()).toEqual(["event-2 BAD", "event-3 HANDLER_FAILED", "event-4 HANDLER_FAILED"]);
    expect(writer.stats()).toMatchObject({ events_handled: 3, events_dead_lettered: 1 });
    expect(broker.depth("team")).toBe(0);
    await writer.stop();
  });

  it("tries a batch again that hangs for longer than handlerTimeout, and the rest goes on", async () => {
    const { consumer, put, settled } = scene();
    await put(1, 2);
    const attempts: number[] = [];
    const writer = consumer({
      handlerTimeout: "20ms",
      batch: { size: 2 },
      handleBatch(events) {
        attempts.push(...events.map(({ attempt }) => attempt));
        if (attempts.length === 2) return new Promise(() => {});
      },
    });
    await writer.start();
    await settled(writer);
    expect(attempts).toEqual([1, 1, 2, 2]);
    expect(writer.stats()).toMatchObject({ events_failed: 2, events_handled: 2 });
    await writer.stop();
  });

  it("gives back at stop() what is in no batch yet, in order, and lets the one that runs finish", async () => {
    const { broker, consumer, put } = scene();
    await put(1, 2, 3, 4, 5);
    let end = () => {};
    const writer = consumer({
      batch: { size: 2, wait: 60 },
      handleBatch: () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    });
    await writer.start();
    await expect.poll(() => writer.stats().events_in_hand).toBe(5);
    const stopping = writer.stop();
    end();
    expect(await stopping).toMatchObject({ handled: 2, givenBack: 3 });
    expect(broker.consume("team").map(({ messageId }) => messageId)).toEqual([
      "event-3",
      "event-4",
      "event-5",
    ]);
  });
});
