import { createEvent } from "@streamll/core";
import { BodyEncoder } from "@streamll/core/internal";
import { expect, it } from "vitest";
import { message } from "../delivery/bench.js";
import { FakeTransport } from "../delivery/fake-transport.js";
import { answering, idsOf, leftOn, offer, type Program, program, unanswered } from "./bench.js";

const options = { maxBufferedEvents: 10 };

/** As a sink has it: the memory in which it writes one event is the next one's. */
const bodies = new BodyEncoder();

/** Publishes events, each with a signal of its own. */
function publish({ engine }: Program, count: number) {
  return Array.from({ length: count }, () => {
    const body = bodies.encode(createEvent({ eventType: "step" }));
    const event = message({ correlationId: "one", body });
    const controller = new AbortController();
    const published = engine.publish(event, { signal: controller.signal });
    published.catch(() => {});
    return { id: event.messageId, controller, published };
  });
}

async function deliverAll({ transport, clock }: Program): Promise<void> {
  answering(transport);
  for (const live of transport.live) live.answer();
  await clock.advance(3000);
}

it("an event on the disk alone that its caller aborts is sent by nobody, and told as dropped", async () => {
  const one = await unanswered({ options });
  const told: string[] = [];
  one.engine.on("dropped", (failure) => told.push(failure.message.messageId));
  const ids = offer(one, 15);
  const [first, second, third] = publish(one, 3);
  const last = offer(one, 2);
  await one.clock.advance(10);
  for (const each of [first!, third!]) each.controller.abort(new Error("too late"));
  await expect(first!.published).rejects.toThrow("too late");
  await one.clock.advance(10);
  expect(told).toEqual([first!.id, third!.id]);
  expect(one.engine.stats()).toMatchObject({ events_dropped: 2, events_spooled: 8 });
  const rest = [...ids, second!.id, ...last];
  expect(await leftOn(one.disk)).toEqual(rest);
  await deliverAll(one);
  expect(idsOf(one.transport)).toEqual(rest);
  await expect(second!.published).resolves.toMatchObject({ confirmed: true });
  await one.clock.advance(2000);
  expect(one.disk.eventFiles).toEqual([]);
});

it("all events on the disk alone can be aborted, and later ones are sent", async () => {
  const one = await unanswered({ options });
  const ids = offer(one, 10);
  const aborted = publish(one, 20);
  await one.clock.advance(10);
  for (const { controller } of aborted) controller.abort();
  ids.push(...offer(one, 0));
  await deliverAll(one);
  ids.push(...offer(one, 5));
  await one.clock.advance(3000);
  expect(idsOf(one.transport)).toEqual(ids);
  expect(one.engine.stats()).toMatchObject({ events_dropped: 20, events_spooled: 0 });
  expect(one.disk.eventFiles).toEqual([]);
});

it("an event that is aborted before the folder is open is not written", async () => {
  const transport = new FakeTransport();
  const one = program({ options, transport });
  const [first, second] = publish(one, 2);
  first!.controller.abort();
  await one.engine.start();
  await one.clock.advance(10);
  expect(await leftOn(one.disk)).toEqual([second!.id]);
});

it("an event that was read back is aborted as any other", async () => {
  const one = await unanswered({ options: { ...options, maxInFlight: 5, connectionPoolSize: 1 } });
  const ids = offer(one, 10);
  const [event] = publish(one, 1);
  await one.clock.advance(10);
  one.transport.live[0]!.answer({ kind: "confirmed" }, 5);
  await one.clock.advance(10);
  expect(one.engine.health()).toMatchObject({ spooled: 0, pending: 6 });
  event!.controller.abort();
  await deliverAll(one);
  expect(idsOf(one.transport)).toEqual(ids);
  expect(one.engine.stats()).toMatchObject({ events_dropped: 1 });
});
