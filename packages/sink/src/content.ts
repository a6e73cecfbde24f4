import { type Connection, nameOf } from "@streamll/connection/internal";
import type { ConfigurationProblem } from "@streamll/core";
import { canCompress } from "@streamll/core/internal";
import type { OptionName, ResolvedOptions, table } from "./options/table.js";

/** Of the messages of a sink. */
export function contentTypeOf({
  messageFormat,
  batchLayout,
  envelope,
  cloudEventsMode,
}: ResolvedOptions): string {
  if (messageFormat === "batch" && batchLayout === "ndjson") return "application/x-ndjson";
  return envelope === "cloudevents" && cloudEventsMode === "structured"
    ? "application/cloudevents+json"
    : "application/json";
}

/** Transports that carry CloudEvents in binary mode: no other protocol of these has a binding for it. */
const binaryModes: ReadonlySet<string> = new Set(["amqp10", "service-bus"]);

/** Options of what is in a message that contradict each other, or that cannot be had here. */
export function formatContradictions({
  values,
  isSet,
  choice,
}: Connection<typeof table>): ConfigurationProblem[] {
  const { messageFormat, batchLayout, compressionType, envelope, cloudEventsMode } = values;
  const problems: ConfigurationProblem[] = [];
  const problem = (option: OptionName, message: string) => problems.push({ option, message });
  const isBatch = messageFormat === "batch";
  const isCloudEvent = envelope === "cloudevents";
  const transport = choice === undefined ? undefined : nameOf(choice);

  if (isSet("batchLayout") && !isBatch)
    problem("batchLayout", `is "${batchLayout}", which requires messageFormat: "batch"`);
  if (isCloudEvent && isBatch)
    problem("envelope", 'CloudEvents has batches for HTTP alone: leave it out, or messageFormat: "batch"');
  if (isSet("cloudEventsMode") && !isCloudEvent)
    problem("cloudEventsMode", `is "${cloudEventsMode}", which requires envelope: "cloudevents"`);
  if (isCloudEvent && cloudEventsMode === "binary" && transport !== undefined && !binaryModes.has(transport))
    problem(
      "cloudEventsMode",
      `CloudEvents has no binary mode for the transport ${transport}: leave it out, or set amqpVersion: "1.0"`,
    );
  if (compressionType !== "none" && !canCompress(compressionType))
    problem(
      "compressionType",
      `is "${compressionType}", which Node ${process.versions.node} does not have: set "gzip", or run Node 22.15, 23.8 or later`,
    );
  return problems;
}
