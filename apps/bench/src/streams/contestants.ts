import { type OutboundMessage, outboundMessage } from "@streamll/core";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { connect, type Publisher } from "rabbitmq-stream-js-client";
import { type Contestant, throughSink } from "../contestant.js";
import { ROUTING_KEY, readyEvent, routingKey } from "../event.js";
import { floor } from "../floor.js";
import { bareFrame, openRaw, recordSession } from "./raw.js";
import { STREAM } from "./stream.js";

const portOf = (url: string) => Number(new URL(url).port);

function* batches(events: number, size: number): Generator<OutboundMessage[]> {
  for (let first = 0; first < events; first += size) {
    const count = Math.min(size, events - first);
    yield Array.from({ length: count }, (_, offset) => messageOf(first + offset));
  }
}

function messageOf(index: number): OutboundMessage {
  const event = readyEvent(index);
  return outboundMessage({
    sequence: index + 1,
    routingKey: routingKey(event),
    body: Buffer.from(JSON.stringify(event)),
    messageId: event.event_id ?? "",
    correlationId: event.execution_id ?? "",
    type: event.event_type,
    timestamp: Date.parse(String(event.timestamp)),
    headers: {
      streamll_version: "0.0.0",
      event_type: event.event_type,
      operation: event.operation ?? null,
      module_name: event.module_name ?? "",
      execution_id: event.execution_id ?? "",
    },
  });
}

/** streamll's messages, encoded in advance and written to the socket as they are: no client can be cheaper. */
const replay: Contestant = {
  title: "raw socket replay of streamll's messages (the ceiling)",
  async prepare(url, events) {
    const session = await recordSession(portOf(url), batches(events, 100));
    const raw = await openRaw(portOf(url), session);
    return async (from, to) => {
      for (let first = from; first < to; first += 100) await raw.write(session.publishes[first / 100]!);
      await raw.confirmed(to);
    };
  },
};

const inline: Contestant = {
  title: "raw frames of 100 bare messages, JSON inline",
  async prepare(url) {
    const raw = await openRaw(portOf(url), await recordSession(portOf(url), []));
    return async (from, to) => {
      for (let first = from; first < to; first += 100) {
        const bodies = Array.from({ length: 100 }, (_, offset) => JSON.stringify(readyEvent(first + offset)));
        const full = raw.write(bareFrame(first + 1, bodies));
        if (full !== undefined) await full;
      }
      await raw.confirmed(to);
    };
  },
};

/** @param send Gives how many confirms it asked for. */
const official = (
  title: string,
  send: (publisher: Publisher, from: number, to: number) => Promise<number>,
): Contestant => ({
  title,
  async prepare(url) {
    const client = await connect({
      hostname: "127.0.0.1",
      port: portOf(url),
      username: "guest",
      password: "guest",
      vhost: "/",
      heartbeat: 0,
    });
    const publisher = await client.declarePublisher({ stream: STREAM });
    let confirms = 0;
    let told = () => {};
    publisher.on("publish_confirm", (_error, ids) => {
      confirms += ids.length;
      told();
    });
    let expected = 0;
    return async (from, to) => {
      expected += await send(publisher, from, to);
      await new Promise<void>((resolve) => {
        told = () => {
          if (confirms >= expected) resolve();
        };
        told();
      });
    };
  },
});

const single = official("rabbitmq-stream-js-client, single entries", async (publisher, from, to) => {
  for (let index = from; index < to; index++) {
    await publisher.send(Buffer.from(JSON.stringify(readyEvent(index))));
  }
  await publisher.flush();
  return to - from;
});

const subEntries = official("rabbitmq-stream-js-client, sub-entries of 500", async (publisher, from, to) => {
  let sent = 0;
  for (let first = from; first < to; first += 500) {
    const entries = Array.from({ length: 500 }, (_, offset) => ({
      content: Buffer.from(JSON.stringify(readyEvent(first + offset))),
    }));
    await publisher.sendSubEntries(entries);
    sent++;
  }
  return sent;
});

const streamll = (title: string, own: RabbitMQSinkOptions = {}): Contestant =>
  throughSink(title, (amqpUrl) => ({ amqpUrl, stream: STREAM, routingKey: ROUTING_KEY, ...own }));

export const streamContestants = {
  ...floor,
  replay,
  inline,
  pipelined: single,
  subEntries,
  streamll: streamll("streamll, defaults"),
  recipe: streamll("streamll, batches of 500 (recipe 3)", { batchSize: 500, maxInFlight: 20_000 }),
} as const;
