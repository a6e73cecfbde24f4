import type { ConfigurationProblem } from "@streamll/core";
import { shown } from "@streamll/core/options";

type Arguments = Readonly<Record<string, unknown>>;

/** An argument that stands for an option. */
export type FromOption = readonly [option: string, argument: string, value: unknown];

/** Arguments with which RabbitMQ 3.10 and 4.0 both refuse to declare a queue of the type. */
export const unsupportedBy: ReadonlyMap<unknown, ReadonlySet<string>> = new Map(
  Object.entries({
    classic: [
      "x-dead-letter-strategy",
      "x-delivery-limit",
      "x-initial-cluster-size",
      "x-max-age",
      "x-max-in-memory-bytes",
      "x-max-in-memory-length",
      "x-quorum-initial-group-size",
      "x-stream-max-segment-size-bytes",
    ],
    quorum: [
      "x-initial-cluster-size",
      "x-max-age",
      "x-max-priority",
      "x-queue-master-locator",
      "x-queue-mode",
      "x-queue-version",
      "x-stream-max-segment-size-bytes",
    ],
    stream: [
      "x-dead-letter-exchange",
      "x-dead-letter-routing-key",
      "x-dead-letter-strategy",
      "x-delivery-limit",
      "x-expires",
      "x-max-in-memory-bytes",
      "x-max-in-memory-length",
      "x-max-length",
      "x-max-priority",
      "x-message-ttl",
      "x-overflow",
      "x-queue-master-locator",
      "x-queue-mode",
      "x-queue-version",
      "x-quorum-initial-group-size",
      "x-single-active-consumer",
    ],
  }).map(([type, names]) => [type, new Set(names)]),
);

/** What streams have in the place of an argument. */
const insteadOnStreams: Arguments = { "x-message-ttl": "x-max-age", "x-max-length": "x-max-length-bytes" };

/** The user's own arguments with those that stand for options. A contradiction is a problem, and so is an argument that the type of the queue does not have. */
export function mergeArguments(
  own: Arguments | undefined,
  fromOptions: readonly FromOption[],
  problems: ConfigurationProblem[],
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...own };
  const sources = new Map<string, string>();
  for (const [option, argument, value] of fromOptions) {
    const given = merged[argument];
    if (given !== undefined && given !== value) {
      const message = `${argument} is ${shown(given)}, and ${option} makes it ${shown(value)}: leave out one of them`;
      problems.push({ option: "queueArguments", message });
    }
    merged[argument] = value;
    sources.set(argument, option);
  }
  const type = merged["x-queue-type"];
  const unsupported = unsupportedBy.get(type);
  for (const argument of Object.keys(merged)) {
    if (merged[argument] === undefined || !unsupported?.has(argument)) continue;
    const instead = type === "stream" ? insteadOnStreams[argument] : undefined;
    const message = `a ${type} queue has no ${argument}: ${instead ? `set "${instead}" in queueArguments instead` : "leave it out"}`;
    problems.push({ option: sources.get(argument) ?? "queueArguments", message });
  }
  return merged;
}
