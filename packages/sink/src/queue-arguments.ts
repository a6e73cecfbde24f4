import type { ConfigurationProblem } from "@streamll/core";
import { shown } from "@streamll/core/options";

type Arguments = Readonly<Record<string, unknown>>;

/** An argument that stands for an option. */
export type FromOption = readonly [option: string, argument: string, value: unknown];

/** What RabbitMQ 3.10 and 4.0 both refuse to declare a queue of the type with. */
export const strangeTo: ReadonlyMap<unknown, ReadonlySet<string>> = new Map(
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

/** What a stream has instead. */
const ofStreams: Arguments = { "x-message-ttl": "x-max-age", "x-max-length": "x-max-length-bytes" };

/** The user's own arguments with those that stand for options. A clash, and what the queue's type lacks, is a problem. */
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
      const message = `${argument} is ${shown(given)}, and ${option} makes it ${shown(value)}: leave one of them out`;
      problems.push({ option: "queueArguments", message });
    }
    merged[argument] = value;
    sources.set(argument, option);
  }
  const type = merged["x-queue-type"];
  const strange = strangeTo.get(type);
  for (const argument of Object.keys(merged)) {
    if (merged[argument] === undefined || !strange?.has(argument)) continue;
    const instead = type === "stream" ? ofStreams[argument] : undefined;
    const message = `a ${type} queue has no ${argument}: ${instead ? `set "${instead}" in queueArguments instead` : "leave this out"}`;
    problems.push({ option: sources.get(argument) ?? "queueArguments", message });
  }
  return merged;
}
