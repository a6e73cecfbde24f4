import type { Server } from "node:http";
import { isIP } from "node:net";
import { parseSize, told } from "@streamll/core/internal";
import { RabbitMQSink } from "@streamll/sink";
import { writtenIn } from "../broker/plan.js";
import type { Command } from "../command/command.js";
import { sinkFlags } from "../command/sink-flags.js";
import { connect, loggerTo, waitingNote } from "../command/start.js";
import { UsageError, whenAborted } from "../exit.js";
import { opened } from "../http.js";
import { isLoopback } from "../loopback.js";
import { Notes } from "../notes.js";
import { wantsColour } from "../shell.js";
import { jsonAnswer } from "./answer.js";
import { Bodies } from "./body.js";
import { eventsEndpoint } from "./events-endpoint.js";
import { Intake } from "./intake.js";
import { about, flags } from "./listen-help.js";
import { logsEndpoint, metricsEndpoint, tracesEndpoint } from "./otlp/endpoints.js";
import { SpanRecorder } from "./otlp/span-recorder.js";
import { listenServer } from "./server.js";
import { settingsOf } from "./settings.js";

export const listen: Command = {
  name: "listen",
  summary: "Publishes what programs send by HTTP: spans as OTLP, or events as NDJSON.",
  usage: "[URL] [options]",
  about,
  flags,
  optionFlags: sinkFlags,
  examples: [
    "streamll listen amqp://guest:guest@localhost:5672/ --exchange my_events",
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 python program.py",
    "curl -H content-type:application/x-ndjson --data-binary @events.ndjson 127.0.0.1:4318/v1/events",
  ],
  async run(args, { stdout, stderr, env, interrupted }) {
    const written = writtenIn(args);
    const settings = settingsOf(args, env);
    const notes = new Notes(stderr, wantsColour(stderr, env));
    const log = loggerTo(notes);
    const sink = RabbitMQSink.fromEnv({ ...written, logger: log.logger }, env);
    const { maxBufferedEvents, maxBufferedBytes, publisherConfirms } = sink.explain().options;
    if (settings.confirm && publisherConfirms.value === false)
      throw new UsageError("--confirm needs --publisher-confirms: without them the broker says nothing");
    if (interrupted.aborted) return Number(interrupted.reason);
    await connect(sink, interrupted, waitingNote(notes, sink.explain(), args.has("quiet")));
    if (interrupted.aborted) return Number(interrupted.reason);
    log.started();

    const intake = new Intake({
      sink,
      confirm: settings.confirm,
      maxBufferedEvents: Number(maxBufferedEvents.value),
      maxBufferedBytes: parseSize(maxBufferedBytes.value as string),
    });
    const recorder = new SpanRecorder(log.logger);
    const server = listenServer({
      ...settings,
      intake,
      bodies: new Bodies(settings.maxBody),
      endpoints: {
        "/v1/traces": tracesEndpoint(intake, recorder),
        "/v1/logs": logsEndpoint(),
        "/v1/metrics": metricsEndpoint(),
        "/v1/events": eventsEndpoint(intake),
      },
      health: () => {
        const status = interrupted.aborted ? "stopped" : sink.health().status;
        return jsonAnswer(status === "up" ? 200 : 503, { status });
      },
      onError: (error) => notes.error(`a request could not be handled: ${told(String(error))}`),
    });
    let [sent, failed] = [0, 0];
    try {
      const port = await opened(server, settings);
      const host = isIP(settings.host) === 6 ? `[${settings.host}]` : settings.host;
      notes.info(`listening on http${settings.tls ? "s" : ""}://${host}:${port}`);
      if (settings.allows === undefined && !isLoopback(settings.host))
        notes.warn("whoever reaches this address may send; require a token: STREAMLL_LISTEN_TOKEN");
      await whenAborted(interrupted);
    } finally {
      intake.close();
      // Requests that wait for a confirm are answered by then.
      const closed = closing(server);
      ({ sent, failed } = await sink.stop());
      const late = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(late);
      await recorder.stop();
    }
    const { accepted, rejected } = intake;
    if (!args.has("quiet"))
      notes.info(`${accepted} events accepted, ${rejected} rejected; ${sent} delivered, ${failed} failed`);
    if (args.has("json")) stdout.write(`${JSON.stringify({ accepted, rejected, sent, failed })}\n`);
    return Number(interrupted.reason);
  },
};

/** How long the senders have to take their answers. */
const graceMs = 2000;

/** Takes no more connections; those that are open get the answers they wait for, then end. */
function closing(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearInterval(idle);
      resolve();
    });
  });
}
