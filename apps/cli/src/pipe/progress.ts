import type { RabbitMQSink } from "@streamll/sink";
import type { Tally } from "./tally.js";

export function progressLine(tally: Tally, sink: RabbitMQSink): string {
  const { eventsPerSecond } = tally.summary();
  const counts = [`${tally.events} read`, `${tally.sent} confirmed`, `${eventsPerSecond}/s`];
  if (tally.failed > 0) counts.push(`${tally.failed} failed`);
  if (tally.badLines > 0) counts.push(`${tally.badLines} invalid lines`);
  const { blocked, connectionsOpen } = sink.health();
  if (blocked !== undefined) counts.push("blocked by the broker");
  else if (connectionsOpen === 0) counts.push("not connected");
  return counts.join("  ");
}
