import type { Flag } from "../command/flags.js";

export const about = `Answers at
  POST /v1/traces   OTLP/HTTP, protobuf or JSON: each span becomes the events of a call.
  POST /v1/logs, /v1/metrics
                    OTLP/HTTP: answered as rejected, since spans alone are recorded.
  POST /v1/events   NDJSON, one event per line, as pipe takes it.
  GET /health       200 while the broker takes events, else 503.
Bodies may be gzip. A request is answered once all its events are in the buffer, with --confirm once
the broker has confirmed them. When the buffer is full the answer is 429 with Retry-After: senders
of OTLP then send the same again.

The first connection to the broker must succeed (or see --wait-for-broker). Ctrl-C and SIGTERM end
it: no more requests are taken, and what was taken is delivered.

Exit code 1: the broker could not be used, or the port.
          2: the command line is wrong.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`;

export const flags: readonly Flag[] = [
  { name: "host", value: "ADDRESS", about: "Where to listen. [default 127.0.0.1]" },
  { name: "port", value: "NUMBER", about: "The port; 0 takes one that is free. [default 4318]" },
  { name: "confirm", about: "Answers a request only when the broker has confirmed its events." },
  {
    name: "token-file",
    value: "FILE",
    about:
      "A file that holds the token which senders must give as Authorization: Bearer TOKEN. [STREAMLL_LISTEN_TOKEN holds the token itself]",
  },
  { name: "https-cert", value: "FILE", about: "Listens by TLS with this certificate, a PEM file." },
  { name: "https-key", value: "FILE", about: "Its key, a PEM file." },
  {
    name: "max-body",
    value: "SIZE",
    about: "A larger body is answered with 413, plain or after gunzip. [default 16MiB]",
  },
  { name: "json", about: "At the end, the counts as one JSON document on stdout." },
  { name: "quiet", letter: "q", about: "No counts at the end." },
];
