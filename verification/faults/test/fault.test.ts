import { describe, expect, it } from "vitest";
import { type Fault, rowsOf } from "../src/fault.js";
import { matrix } from "../src/matrix/index.js";

const inflict = async () => {};
const other = async () => {};

describe("a fault", () => {
  const fault: Fault = {
    number: 7,
    title: "broker gone",
    over: {
      amqp: { fast: true },
      streams: { expect: { recoveredWithinMs: 6000 } },
      amqp10: { called: "detached", inflict: other, options: { heartbeat: 2 } },
    },
    options: { heartbeat: 1 },
    inflict,
    expect: { duplicated: "in flight", recoveredWithinMs: 4000, events: ["connected"] },
  };
  const [amqp, streams, amqp10] = rowsOf(fault);

  it("is a row for each protocol, with the number of the fault", () => {
    expect(rowsOf(fault).map(({ number, over }) => [number, over])).toEqual([
      [7, "amqp"],
      [7, "streams"],
      [7, "amqp10"],
    ]);
  });

  it("is as written where a protocol names no difference", () => {
    const { over: _, ...written } = fault;
    expect(amqp).toEqual({ ...written, over: "amqp", fast: true });
  });

  it("takes over only the expectations that a protocol names", () => {
    expect(streams!.expect).toEqual({ duplicated: "none", recoveredWithinMs: 6000, events: ["connected"] });
    expect(amqp10!.expect).toEqual(fault.expect);
  });

  it("has the protocol's own word behind the title, and its own options and way to inflict it", () => {
    expect(amqp10).toMatchObject({
      title: "broker gone (detached)",
      options: { heartbeat: 2 },
      inflict: other,
    });
  });
});

describe("the matrix", () => {
  it("numbers its faults from 1 on, without a gap", () => {
    const numbers = [...new Set(matrix.map(({ number }) => number))];
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it("has each fault once on each protocol", () => {
    const keys = matrix.map(({ number, over }) => `${number} ${over}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
