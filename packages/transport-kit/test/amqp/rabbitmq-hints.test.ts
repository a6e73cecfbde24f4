import { rabbitmqHints } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";

const { conflictHint, declarationHint } = rabbitmqHints;

describe("what RabbitMQ says of a declaration", () => {
  it.each([
    ["queue name 'amq.x' contains reserved prefix 'amq.*'", "Names with this prefix are the broker's own"],
    ["queue 'amq.x' in vhost '/' starts with reserved prefix 'amq.'", "use another name"],
    ["unknown exchange type 'x-delayed-message'", "Enable the plugin that brings this type"],
    ["Queue type rabbit_quorum_queue not valid for this exchange type", 'set queueType: "classic"'],
    [
      "invalid arg 'x-message-ttl' for queue 'q' in vhost '/' of queue type rabbit_stream_queue",
      'makes stream queues, which have no x-message-ttl: set queueType: "classic", or leave messageTtl out',
    ],
    [
      "invalid arg 'x-max-priority' for queue 'q\nq' in vhost '/' of queue type rabbit_quorum_queue",
      'makes quorum queues, which have no x-max-priority: set queueType: "classic", or leave queuePriority out',
    ],
    [
      "invalid arg 'x-delivery-limit' for queue 'q' in vhost '/' of queue type rabbit_classic_queue",
      'set queueType: "quorum", or leave x-delivery-limit of queueArguments out',
    ],
  ])("names what helps: %s", (text, hint) => {
    expect(declarationHint(text)).toContain(hint);
  });

  it("is left to others where no option is known to help", () => {
    expect(declarationHint("invalid arg 'x-max-length' for queue 'q': {value_negative,-5}")).toBeUndefined();
  });

  it("names deadLetterQueue of exchanges alone", () => {
    const way = "deadLetterQueue: false";
    expect(conflictHint("inequivalent arg 'type' for exchange 'd' in vhost '/'")).toContain(way);
    expect(conflictHint("inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/'")).not.toContain(way);
  });
});
