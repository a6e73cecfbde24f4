import { ConfigurationError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { amqp091Transport } from "../src/index.js";
import { defaults, options } from "./support/message.js";

describe("a transport", () => {
  it("promises no confirms where they are off", () => {
    const confirms = (on: boolean) =>
      amqp091Transport.create(options({ confirms: on })).capabilities.confirms;
    expect([confirms(true), confirms(false)]).toEqual([true, false]);
  });

  it("refuses what AMQP 0-9-1 cannot carry, all of it at once", () => {
    const message = { ...defaults(), exchange: "é".repeat(128), priority: 256, expirationMs: 2 ** 32 };
    const create = () => amqp091Transport.create(options({ message }));
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow(/exchange: .*255 bytes.*queuePriority: 256.*messageTtl: 4294967296 ms/s);
  });
});
