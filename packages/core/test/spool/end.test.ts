import { describe, expect, it } from "vitest";
import { message } from "../delivery/bench.js";
import { leftOn, offer, type Program, program, unanswered } from "./bench.js";

/** A program whose events are not answered; some were accepted before its folder was open. */
async function begun(maxBytes = 64 * 1024 * 1024) {
  const one = program({
    options: { maxBufferedEvents: 100, flushTimeoutMs: 500 },
    spool: { mode: "overflow", maxBytes },
  });
  const ids = offer(one, 3);
  await one.engine.start();
  await one.clock.advance(10);
  return { one, ids };
}

async function exit({ clock }: Program): Promise<void> {
  expect(clock.lastWords()).toEqual([]);
}

async function stop({ engine, clock }: Program): Promise<void> {
  const stopped = engine.stop();
  await clock.advance(3000);
  expect(await stopped).toMatchObject({ sent: 0, failed: 0 });
}

describe.each([
  { by: "process.exit()", end: exit },
  { by: "stop()", end: stop },
])('with mode: "overflow" $by leaves memory to the next program', ({ end }) => {
  it("when a disk that had failed works again", async () => {
    const { one, ids } = await begun();
    one.disk.fails = (call) => (call === "write" || call === "create" ? "EIO" : undefined);
    await expect(one.engine.spooled()).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
    ids.push(...offer(one, 2));
    one.disk.fails = () => undefined;
    await end(one);
    expect(await leftOn(one.disk)).toEqual(ids);
  });

  it("when the spool is full", async () => {
    const { one, ids } = await begun(2000);
    ids.push(...offer(one, 40));
    await end(one);
    expect(await leftOn(one.disk)).toEqual(ids);
  });
});

it("process.exit() leaves all of memory to the next program, though a file is removed while it is written", async () => {
  const one = await unanswered({
    options: { maxBufferedBytes: 400_000, maxInFlight: 100, connectionPoolSize: 1 },
    spool: { mode: "overflow", maxBytes: 800_000 },
  });
  const ids = Array.from({ length: 45 }, (_, n) => `event-${n}`);
  for (const messageId of ids) one.engine.offer(message({ messageId, bytes: 5000 }));
  await one.clock.advance(10);
  // All of the first file, and of memory as much as brings it below a quarter.
  one.transport.connection.answer({ kind: "confirmed" }, 27);
  await exit(one);
  expect(await leftOn(one.disk)).toEqual(ids.slice(27));
});
