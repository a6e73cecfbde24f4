import { expect, it } from "vitest";
import { offer, unanswered } from "./bench.js";

it("health() names all that is wrong with a spool at once: full, slow, and a file that cannot be read", async () => {
  const left = await unanswered();
  offer(left, 3);
  await left.clock.advance(10);
  const disk = left.disk.copy();
  disk.fails = (call) => (call === "open" ? "EIO" : undefined);
  const one = await unanswered({ disk, spool: { maxBytes: 4000 } });
  disk.hold = () => {
    one.clock.time += 50;
  };
  disk.delay = () => new Promise(() => {});
  offer(one, 10);
  await one.clock.advance(1);
  offer(one, 15);
  await one.clock.advance(1);
  const codes = one.engine.health().problems.map(({ code }) => code);
  expect(codes).toEqual(expect.arrayContaining(["SPOOL_FULL", "SPOOL_SLOW", "SPOOL_UNREADABLE"]));
});
