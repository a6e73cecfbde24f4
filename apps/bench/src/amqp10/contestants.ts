import { once } from "node:events";
import type { WireEvent } from "@streamll/core";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import rhea, { type Message } from "rhea";
import type { Contestant } from "../contestant.js";
import { EXCHANGE, readyEvent, routingKey } from "../event.js";
import { floor } from "../floor.js";
import { streamll } from "../queues/contestants.js";

const IN_FLIGHT = 1000;

const addressOf = (event: WireEvent) => `/exchanges/${EXCHANGE}/${routingKey(event)}`;

const bodyOf = (event: WireEvent) => rhea.message.data_section(Buffer.from(JSON.stringify(event)));

/** What most programs set; where it goes is said once, of the link. */
const bare = (event: WireEvent): Message => ({
  durable: true,
  content_type: "application/json",
  body: bodyOf(event),
});

/** What streamll sets. */
const full = (event: WireEvent): Message => ({
  ...bare(event),
  to: addressOf(event),
  message_id: event.event_id ?? "",
  correlation_id: event.execution_id ?? "",
  subject: event.event_type,
  group_id: "streamll",
  creation_time: new Date(String(event.timestamp)),
  message_annotations: { "x-basic-type": event.event_type },
  application_properties: {
    streamll_version: "0.0.0",
    event_type: event.event_type,
    operation: event.operation,
    module_name: event.module_name,
    execution_id: event.execution_id,
  },
});

/** Never more than the link's credit, nor than so many without an answer. */
const byHand = (
  title: string,
  target: { address?: string },
  messageOf: (event: WireEvent) => Message,
): Contestant => ({
  title,
  async prepare(url) {
    const { hostname, port } = new URL(url);
    const connection = rhea.create_container().connect({
      host: hostname,
      port: Number(port),
      username: "guest",
      password: "guest",
      reconnect: false,
    });
    const sender = connection.open_sender({ target });
    await once(sender, "sendable");
    let sent = 0;
    let accepted = 0;
    let end = 0;
    let done = () => {};
    const pump = () => {
      while (sent < end && sent - accepted < IN_FLIGHT && sender.sendable())
        sender.send(messageOf(readyEvent(sent++)));
    };
    sender.on("accepted", () => {
      if (++accepted === end) done();
      else pump();
    });
    for (const event of ["released", "rejected", "modified"])
      sender.on(event, () => {
        throw new Error(`an event was ${event}`);
      });
    sender.on("sendable", pump);
    return (_from, to) =>
      new Promise<void>((resolve) => {
        end = to;
        done = resolve;
        pump();
      });
  },
});

const over10 = (title: string, own: RabbitMQSinkOptions = {}): Contestant =>
  streamll(title, { amqpVersion: "1.0", ...own });

export const amqp10Contestants = {
  ...floor,
  pipelined: byHand(`rhea, ${IN_FLIGHT} unsettled`, { address: addressOf(readyEvent(0)) }, bare),
  full: byHand("the same, with streamll's properties and headers", {}, full),
  streamll: over10("streamll, defaults"),
  alike: over10(`streamll, one connection, ${IN_FLIGHT} in flight, at the broker's pace`, {
    connectionPoolSize: 1,
    maxInFlight: IN_FLIGHT,
    maxBufferedEvents: 2 * IN_FLIGHT,
  }),
} as const;
