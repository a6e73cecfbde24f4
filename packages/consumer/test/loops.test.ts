import { EventConsumer, type EventInHand } from "@streamll/consumer";
import { describe, expect, it } from "vitest";
import { scene } from "./scene.js";

const numberOf = ({ event }: EventInHand) => event.data.n;

describe("a loop over a consumer", () => {
  it("starts it, gets the events in order, and tells the broker of each that is done", async () => {
    const { broker, consumer, put } = scene();
    await put(1, 2, 3);
    const events = consumer({});
    const seen: unknown[] = [];
    for await (const delivery of events) {
      seen.push([numberOf(delivery), delivery.attempt, await delivery.done(), await delivery.done()]);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([1, 2, 3].map((n) => [n, 1, "settled", "settled"]));
    expect(events.health().status).toBe("stopped");
    expect(broker.depth("team")).toBe(0);
  });

  it("gives back, untried and in order, what is open when it is left or throws", async () => {
    const { broker, consumer, put } = scene();
    await put(1, 2, 3);
    const leaving = async (leave: () => void) => {
      const events = consumer({});
      for await (const delivery of events) {
        expect(numberOf(delivery)).toBe(1);
        leave();
        break;
      }
      expect(await events.stop()).toMatchObject({ handled: 0, givenBack: 3 });
      expect(events.stats()).toMatchObject({ events_failed: 0 });
    };
    await leaving(() => {});
    await expect(
      leaving(() => {
        throw new Error("from the body");
      }),
    ).rejects.toThrow("from the body");
    expect(broker.depth("team")).toBe(3);
  });

  it("gets an event again after retry(), and not after dead()", async () => {
    const { broker, consumer } = scene();
    const events = consumer({ deadLetterExchange: "failed", retry: { attempts: 3, backoffMs: 1 } });
    const starting = events[Symbol.asyncIterator]();
    const first = starting.next();
    await expect.poll(() => events.health().subscribed).toBe(true);
    for (const n of [1, 2])
      broker.publish({
        exchange: "events",
        routingKey: "a.b",
        messageId: String(n),
        body: JSON.stringify({ event_type: "end", execution_id: `run ${n}`, data: { n } }),
      });
    const seen: string[] = [];
    let { value } = await first;
    for (; value !== undefined; { value } = await starting.next()) {
      seen.push(`${numberOf(value)} in try ${value.attempt}`);
      if (numberOf(value) === 2) value.dead("BAD", "it is bad");
      else if (value.attempt === 1) value.retry();
      else if (value.attempt === 2) value.retry(2);
      else {
        await value.done();
        await starting.return!();
      }
    }
    expect(seen.toSorted()).toEqual(["1 in try 1", "1 in try 2", "1 in try 3", "2 in try 1"]);
    expect(broker.depth("failed.failed")).toBe(1);
    expect(events.stats()).toMatchObject({ events_dead_lettered: 1, events_handled: 1, events_failed: 3 });
  });

  it("ends with stop(), which waits for what is open and gives back the rest", async () => {
    const { broker, consumer, put } = scene();
    await put(1, 2, 3);
    const events = consumer({});
    let stopped: Promise<unknown> | undefined;
    for await (const delivery of events) {
      stopped = events.stop();
      await new Promise((resolve) => setImmediate(resolve));
      await delivery.done();
    }
    expect(await stopped).toMatchObject({ handled: 1, givenBack: 2 });
    expect(broker.depth("team")).toBe(2);
  });

  it("has handlerTimeout for each event from the moment that the loop takes it", async () => {
    const { consumer, put, broker } = scene();
    await put(1);
    broker.publish({
      routingKey: "team",
      messageId: "2",
      correlationId: "other",
      body: '{"event_type":"end"}',
    });
    const events = consumer({ handlerTimeout: "80ms", retry: { attempts: 9, backoffMs: 1 } });
    const seen: string[] = [];
    for await (const delivery of events) {
      seen.push(`${numberOf(delivery)} ${delivery.attempt}`);
      if (seen.length === 1) {
        // The second event waits meanwhile, longer than a try may take.
        await new Promise((resolve) => delivery.signal.addEventListener("abort", resolve));
        expect(await delivery.done()).toBe("lost");
        await new Promise((resolve) => setTimeout(resolve, 100));
      } else await delivery.done();
      if (events.stats().events_handled === 2) break;
    }
    expect(seen.toSorted()).toEqual(["1 1", "1 2", "undefined 1"]);
    expect(events.stats()).toMatchObject({ events_failed: 1 });
  });

  it("is refused where there are handlers, as start() is where there are none", async () => {
    const handling = new EventConsumer({ url: "memory:", queue: "q", handle: () => {} });
    expect(() => handling[Symbol.asyncIterator]()).toThrow("the consumer has handlers");
    // Other tests of this process share the broker of memory:, and may have made a queue "q".
    const bare = new EventConsumer({ url: "memory:", queue: "nowhere" });
    await expect(bare.start()).rejects.toThrow(
      "write handlers, handle or handleBatch; or take its events by for await",
    );
    await expect(bare[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "TRANSPORT_NOT_FOUND" });
  });
});
