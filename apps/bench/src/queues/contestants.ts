import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import amqplib, { type Channel, type ConfirmChannel } from "amqplib";
import { type Contestant, throughSink } from "../contestant.js";
import { EXCHANGE, QUEUE, ROUTING_KEY, readyEvent, routingKey } from "../event.js";
import { floor } from "../floor.js";
import { bare, full, type Properties } from "./properties.js";

const IN_FLIGHT = 2000;

/** As a program does: encodes the event inline. */
function publish(channel: Channel, index: number, properties: Properties, confirmed?: () => void): void {
  const event = readyEvent(index);
  const body = Buffer.from(JSON.stringify(event));
  // Both kinds of channel take it; a plain one never calls back.
  (channel as ConfirmChannel).publish(EXCHANGE, routingKey(event), body, properties(event), confirmed);
}

/** Resolves each time that fewer than `IN_FLIGHT` are unanswered. */
export class Window {
  #open = 0;
  #waiting: (() => void) | undefined;

  add(count: number): void {
    this.#open += count;
  }

  answered(count: number): void {
    this.#open -= count;
    if (this.#open > IN_FLIGHT) return;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  room(): Promise<void> | undefined {
    if (this.#open < IN_FLIGHT) return undefined;
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

/** streamll's messages, encoded in advance and written to the socket as they are: no client can be cheaper. */
const replay: Contestant = {
  title: "raw socket replay of streamll's messages (the ceiling)",
  async prepare(url, events) {
    const connection = await amqplib.connect(url, { noDelay: true });
    const channel = await connection.createChannel();
    await confirmSelect(channel);
    const { stream } = connection.connection as unknown as { stream: Socket };
    const BATCH = 50;
    const chunks: Buffer[] = [];
    for (let first = 0; first < events; first += BATCH)
      chunks.push(await captured(stream, channel, first, BATCH));
    const window = new Window();
    let told = () => {};
    let lowest = 1;
    const ahead = new Set<number>();
    channel.on("ack", ({ deliveryTag, multiple }: { deliveryTag: number; multiple: boolean }) => {
      let answered = multiple ? 0 : 1;
      if (!multiple) ahead.add(deliveryTag);
      for (; multiple && lowest <= deliveryTag; lowest++) if (!ahead.delete(lowest)) answered++;
      while (ahead.delete(lowest)) lowest++;
      window.answered(answered);
      told();
    });
    return async (from, to) => {
      for (let first = from; first < to; first += BATCH) {
        window.add(BATCH);
        stream.write(chunks[first / BATCH]!);
        await window.room();
      }
      await new Promise<void>((resolve) => {
        told = () => {
          if (lowest > to) resolve();
        };
        told();
      });
    };
  },
};

const pipelined = (title: string, properties: Properties): Contestant => ({
  title,
  async prepare(url) {
    const connection = await amqplib.connect(url, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    const window = new Window();
    return async (from, to) => {
      for (let index = from; index < to; index++) {
        window.add(1);
        publish(channel, index, properties, () => window.answered(1));
        const room = window.room();
        if (room !== undefined) await room;
      }
      await channel.waitForConfirms();
    };
  },
});

const batched: Contestant = {
  title: "amqplib, batches of 50, waitForConfirms",
  async prepare(url) {
    const connection = await amqplib.connect(url, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    return async (from, to) => {
      for (let index = from; index < to; index++) {
        publish(channel, index, bare);
        if (index % 50 === 49) await channel.waitForConfirms();
      }
      await channel.waitForConfirms();
    };
  },
};

export const streamll = (title: string, own: RabbitMQSinkOptions = {}): Contestant =>
  throughSink(title, (amqpUrl) => ({
    amqpUrl,
    exchange: EXCHANGE,
    queue: QUEUE,
    routingKey: ROUTING_KEY,
    ...own,
  }));

export const queueContestants = {
  ...floor,
  replay,
  pipelined: pipelined(`amqplib, confirm channel, ${IN_FLIGHT} in flight`, bare),
  full: pipelined("the same, with streamll's properties and headers", full),
  batched,
  streamll: streamll("streamll, defaults"),
  alike: streamll(`streamll, one connection, ${IN_FLIGHT} in flight, at the broker's pace`, {
    connectionPoolSize: 1,
    maxInFlight: IN_FLIGHT,
    maxBufferedEvents: 2 * IN_FLIGHT,
  }),
} as const;

async function confirmSelect(channel: Channel): Promise<void> {
  // A confirm channel would keep a callback for each message; a plain one only hands the confirms on.
  const select = (
    channel as unknown as { rpc(method: number, fields: object, expect: number): Promise<unknown> }
  ).rpc;
  const CONFIRM_SELECT = 0x0055000a;
  const CONFIRM_SELECT_OK = 0x0055000b;
  await select.call(channel, CONFIRM_SELECT, { nowait: false }, CONFIRM_SELECT_OK);
}

/** The bytes that amqplib writes for these events, taken before they reach the socket. */
async function captured(stream: Socket, channel: Channel, first: number, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const { write } = stream;
  stream.write = ((part: Buffer) => parts.push(part) > 0) as typeof write;
  for (let index = first; index < first + count; index++) {
    publish(channel, index, full);
  }
  // amqplib gathers frames and writes them in a later turn of the event loop.
  let seen = -1;
  while (parts.length !== seen || parts.length === 0) {
    seen = parts.length;
    await setImmediate();
  }
  stream.write = write;
  return Buffer.concat(parts);
}
