import type { StreamllEvent } from "@streamll/core";
import { eventOfLine } from "../pipe/event-of-line.js";
import { LineCutter } from "../pipe/lines.js";
import { jsonAnswer, type Refusal } from "./answer.js";
import type { Endpoint } from "./endpoint.js";
import type { Intake } from "./intake.js";

/** Further problems are only counted. */
const mostErrors = 20;

/** `POST /v1/events`: NDJSON, an event of the wire form in each line. */
export function eventsEndpoint(intake: Intake): Endpoint {
  return {
    types: ["application/x-ndjson", "application/jsonl", "application/json"],
    async take(body) {
      const events: StreamllEvent[] = [];
      const numbers: number[] = [];
      const errors: { line: number; message: string }[] = [];
      const cutter = new LineCutter(body.length);
      for (const line of [...cutter.push(body), ...cutter.end()]) {
        const event = eventOfLine(line);
        if (typeof event === "string") errors.push({ line: line.number, message: event });
        else {
          events.push(event);
          numbers.push(line.number);
        }
      }
      const taken = await intake.take(events, body.length);
      intake.rejected += errors.length;
      for (const [index, isTaken] of taken.entries())
        if (!isTaken) errors.push({ line: numbers[index]!, message: "not delivered, and never will be" });
      const accepted = taken.filter(Boolean).length;
      const status = accepted === 0 && errors.length > 0 ? 400 : 200;
      const shown = errors.sort((one, other) => one.line - other.line).slice(0, mostErrors);
      return jsonAnswer(status, { accepted, rejected: errors.length, ...(shown[0] && { errors: shown }) });
    },
    refuse: refusedAsJson,
  };
}

export const refusedAsJson = ({ status, message, headers }: Refusal) =>
  jsonAnswer(status, { error: message }, headers);
