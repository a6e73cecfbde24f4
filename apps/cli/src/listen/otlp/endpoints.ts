import { Refusal } from "../answer.js";
import type { Endpoint } from "../endpoint.js";
import type { Intake } from "../intake.js";
import { acceptedAnswer, json, protobuf, refusedAnswer } from "./answers.js";
import { decode } from "./decode.js";
import { logsRequest, type Message, metricsRequest, traceRequest } from "./messages.js";
import type { SpanRecorder } from "./span-recorder.js";
import { countOf, spansOf } from "./spans.js";

const types = [protobuf, json];

/** `POST /v1/traces`: spans become events. */
export function tracesEndpoint(intake: Intake, recorder: SpanRecorder): Endpoint {
  return {
    types,
    async take(body, type) {
      const spans = spansOf(requestOf(body, type, traceRequest));
      const events = spans.map((span) => (span === undefined ? [] : recorder.eventsOf(span)));
      const invalid = spans.filter((span) => span === undefined).length;
      const taken = await intake.take(events.flat(), body.length * 2);
      let at = 0;
      const lost = events.filter(({ length }) => {
        at += length;
        return taken.slice(at - length, at).includes(false);
      }).length;
      intake.rejected += invalid;
      const problems = [
        invalid > 0 && `${invalid} without valid ids or times`,
        lost > 0 && `${lost} not delivered, and never will be`,
      ];
      return acceptedAnswer(type, "rejectedSpans", invalid + lost, problems.filter(Boolean).join(", "));
    },
    refuse: refusedAnswer,
  };
}

/** `POST /v1/logs` and `/v1/metrics`: exporters that send these too are told that nothing becomes of them. */
function ignoringEndpoint(message: Message, path: readonly string[], field: string): Endpoint {
  return {
    types,
    async take(body, type) {
      const count = countOf(requestOf(body, type, message), path);
      return acceptedAnswer(
        type,
        field,
        count,
        "streamll listen records spans alone; turn this exporter off",
      );
    },
    refuse: refusedAnswer,
  };
}

export const logsEndpoint = (): Endpoint =>
  ignoringEndpoint(logsRequest, ["resourceLogs", "scopeLogs", "logRecords"], "rejectedLogRecords");

export const metricsEndpoint = (): Endpoint =>
  ignoringEndpoint(
    metricsRequest,
    ["resourceMetrics", "scopeMetrics", "metrics", "*", "dataPoints"],
    "rejectedDataPoints",
  );

function requestOf(body: Buffer, type: string, message: Message): unknown {
  try {
    return type === json ? JSON.parse(body.toString("utf8")) : decode(message, body);
  } catch {
    throw new Refusal(400, `the body is not a request of OTLP as ${type}`);
  }
}
