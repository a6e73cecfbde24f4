import type { RabbitMQSink } from "@streamll/sink";
import type { Notes } from "../notes.js";
import type { Tally } from "./tally.js";

/** Ten times a second: faster than that nobody can read it. */
const PERIOD_MS = 100;

/** Draws the progress until the returned function is called. */
export function showProgress(notes: Notes, tally: Tally, sink: RabbitMQSink): () => void {
  const timer = setInterval(() => notes.draw(progressLine(tally, sink)), PERIOD_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    notes.draw();
  };
}

function progressLine(tally: Tally, sink: RabbitMQSink): string {
  const { eventsPerSecond } = tally.summary();
  const counts = [`${tally.events} read`, `${tally.sent} confirmed`, `${eventsPerSecond}/s`];
  if (tally.failed > 0) counts.push(`${tally.failed} failed`);
  if (tally.badLines > 0) counts.push(`${tally.badLines} invalid lines`);
  const { blocked, connectionsOpen } = sink.health();
  if (blocked !== undefined) counts.push("blocked by the broker");
  else if (connectionsOpen === 0) counts.push("not connected");
  return counts.join("  ");
}
