import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { type Flow, TransportError } from "@streamll/core";
import type { Channel, ChannelModel } from "amqplib";
import { describe, expect, it, vi } from "vitest";
import { laneConnection } from "../src/connection.js";
import { defaults } from "./support/message.js";

function lane() {
  // As amqplib, which hears the error that a retired socket is destroyed with.
  const stream = new Socket().on("error", () => {});
  const wire = Object.assign(new EventEmitter(), { stream });
  const model = Object.assign(new EventEmitter(), { connection: wire, close: async () => {} });
  const channel = new EventEmitter();
  let refuse!: (error: Error) => void;
  const redeclared = new Promise<void>((_, reject) => {
    refuse = reject;
  });
  const redeclare = vi.fn(() => redeclared);
  const connection = laneConnection({
    model: model as unknown as ChannelModel,
    channel: channel as unknown as Channel,
    writer: { name: "bulk", write: () => undefined, isFull: () => false },
    message: defaults(),
    confirms: true,
    label: "amqp://rabbit/",
    suspects: new Set(),
    lost: () => {},
    topology: {
      mode: "declare",
      exchanges: [],
      queues: [],
      bindings: [{ exchange: "e", queue: "q", pattern: "#" }],
    },
    redeclare,
  });
  const flows: Flow[] = [];
  connection.onFlow((flow) => flows.push(flow));
  const comesBack = () =>
    channel.emit("return", { fields: { exchange: "e", routingKey: "k" }, properties: {} });
  return { model, connection, refuse, redeclared, redeclare, comesBack, flows };
}

describe("while the broker blocks the connection, and so answers nothing", () => {
  it("nothing is declared again", () => {
    const { model, redeclare, comesBack } = lane();
    model.emit("blocked", "low on memory");
    comesBack();
    expect(redeclare).not.toHaveBeenCalled();
    model.emit("unblocked");
    comesBack();
    comesBack();
    expect(redeclare).toHaveBeenCalledTimes(1);
  });

  it("a declaration that gets no answer does not end the connection", async () => {
    const { model, connection, refuse, redeclared, comesBack, flows } = lane();
    let ended = false;
    void connection.closed.then(() => {
      ended = true;
    });
    comesBack();
    model.emit("blocked", "low on memory");
    refuse(new TransportError("timeout", "not in time"));
    await redeclared.catch(() => {});
    model.emit("unblocked");
    expect(flows.at(-1)).toEqual({ credit: Number.POSITIVE_INFINITY });
    expect(ended).toBe(false);
  });

  it("one that is refused ends it", async () => {
    const { connection, refuse, comesBack } = lane();
    comesBack();
    refuse(new TransportError("permission", "forbidden"));
    expect(await connection.closed).toMatchObject({ kind: "permission" });
  });
});
