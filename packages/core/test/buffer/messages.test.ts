import { describe, expect, it } from "vitest";
import { EventLog } from "../../src/buffer/event-log.js";
import { Kinds } from "../../src/buffer/kinds.js";
import { LogBatch } from "../../src/buffer/log-batch.js";
import { packer } from "../../src/buffer/packing.js";
import { InFlight } from "../../src/delivery/lane/in-flight.js";
import { message } from "../delivery/bench.js";

const EVENTS = 50;

/** A log whose events are sent as messages of 50. */
function sender() {
  const log = new EventLog(1024 * 1024, new Kinds());
  const inFlight = new InFlight(log);
  const pack = packer(log, { layout: "json-array" });
  const send = () => {
    const slots = Array.from({ length: EVENTS }, (_, order) => log.append(message({ body: "1" }), order, 0));
    const flight = inFlight.depart(slots, 0);
    flight.messages = pack({ slots, ends: [EVENTS] }, flight.id).messages;
    return { flight, slots, batch: new LogBatch(log, flight.messages, flight.id) };
  };
  return { log, inFlight, send };
}

describe("a message of several events", () => {
  it("is in the log for as long as its flight, and does not count among the events", () => {
    const { log, inFlight, send } = sender();
    const { flight, slots, batch } = send();
    const { bytes } = log;
    expect(batch.at(0)?.body().toString()).toBe(`[${Array(EVENTS).fill(1)}]`);
    inFlight.land(flight, 0, EVENTS);
    expect(batch.at(0)).toBeUndefined();
    expect(log.bytes).toBe(bytes);
    for (const slot of slots) log.settle(slot);
    expect(log.bytes).toBe(0);
  });

  it.each(["is answered", "is lost"])("leaves no memory behind when its flight %s", (end) => {
    const { log, inFlight, send } = sender();
    for (let sent = 0; sent < 2000; sent++) {
      const { flight, slots } = send();
      if (end === "is lost") inFlight.rewind();
      else inFlight.land(flight, 0, EVENTS);
      for (const slot of slots) log.settle(slot);
    }
    expect(log.bytes).toBe(0);
    expect(log.heldBytes).toBeLessThan(256 * 1024);
  });
});
