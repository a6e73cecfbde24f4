import { expect, it } from "vitest";
import { message } from "../delivery/bench.js";
import { FakeTransport } from "../delivery/fake-transport.js";
import { answering, idsOf, offer, program, unanswered } from "./bench.js";

it("a sequence of the publisher's own decides what a broker that deduplicates has stored", async () => {
  const first = await unanswered({ transport: new FakeTransport({ deduplication: true }) });
  const base = 2 ** 52;
  const events = [1, 2, 3].map((n) => message({ correlationId: "one", sequence: base + n }));
  for (const event of events) expect(first.engine.offer(event)).toBe(true);
  await first.clock.advance(10);
  const transport = answering(new FakeTransport({ deduplication: true }));
  transport.highest.set(0, base + 1);
  const second = program({ disk: first.disk.copy(), transport });
  await second.engine.start();
  await second.clock.advance(1000);
  expect(idsOf(transport)).toEqual(events.slice(1).map(({ messageId }) => messageId));
  expect(second.engine.stats()).toMatchObject({ events_sent: 3 });
});

it("an event that was written anew, as a failed sync threw it away, keeps the id by which the broker knows it", async () => {
  const base = 2 ** 52;
  const known = new FakeTransport({ deduplication: true });
  known.highest.set(0, base);
  const first = await unanswered({ transport: known });
  const ids = offer(first, 4);
  await first.clock.advance(10);
  first.disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
  first.disk.forgot = () => {};
  await first.clock.advance(1000);
  first.disk.fails = () => undefined;
  await first.clock.advance(1000);
  const transport = answering(new FakeTransport({ deduplication: true }));
  transport.highest.set(0, base + 2);
  const second = program({ disk: first.disk.copy(), transport });
  await second.engine.start();
  await second.clock.advance(1000);
  expect(idsOf(transport)).toEqual(ids.slice(2));
});
