import { inGroup } from "@streamll/connection/internal";
import { choice, name, type RowsOf } from "@streamll/core/options";
import type { MessageOptions } from "./message-options.js";
import { headers } from "./special-kinds.js";

const message = inGroup("Messages");

/** Options of a sink that say what a message looks like. */
export const messageTable = {
  messageFormat: message({
    kind: choice("single", "batch"),
    default: "single",
    about:
      "`batch`: the events of a batch that have the same exchange, routing key and headers are one message, a JSON array; it has no headers of single events. Ten times as many events a second and more, where the broker counts messages: see [formats](formats.md).",
  }),
  batchLayout: message({
    kind: choice("json-array", "ndjson"),
    toTransport: true,
    default: "json-array",
    about: 'How a message of `messageFormat: "batch"` is written: `ndjson` has one line for each event.',
  }),
  compressionType: message({
    kind: choice("none", "gzip", "zstd"),
    needs: "contentEncoding",
    default: "none",
    about:
      "Compresses bodies of 1 KiB and more, and names it in `content-encoding`. It costs CPU of the event loop, 0.03 to 0.2 ms for a batch of 25 kB: see [formats](formats.md). `zstd` requires Node 22.15 or 23.8.",
  }),
  envelope: message({
    kind: choice("plain", "cloudevents"),
    toTransport: true,
    default: "plain",
    about:
      '`cloudevents`: each message is a CloudEvent 1.0 with the event as its `data`. Not with `messageFormat: "batch"`, which CloudEvents has for HTTP alone.',
  }),
  cloudEventsMode: message({
    kind: choice("structured", "binary"),
    default: "structured",
    about:
      "`structured`: the body is the CloudEvent, as `application/cloudevents+json`. `binary`: the body is the event, and the attributes are application properties `cloudEvents_…`; AMQP 1.0 alone has it.",
  }),
  headers: message({
    kind: headers,
    about: "Additional headers of every message. When the function throws, the event is sent without them.",
  }),
  appId: message({
    kind: name(),
    toTransport: true,
    default: "streamll",
    about: "The message property `app-id`.",
  }),
} satisfies RowsOf<MessageOptions>;
