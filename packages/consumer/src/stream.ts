import type { Connection } from "@streamll/connection/internal";
import type { ConfigurationProblem } from "@streamll/core";
import type { LogOptions } from "@streamll/core/internal";
import type { ResolvedOptions, table } from "./options/table.js";

type Asked = Connection<typeof table>;

const ofQueues = {
  exchange: "a stream is read by itself, through no exchange: name it by stream",
  bindings: "a stream has no bindings: handlers choose what they handle by type",
  deadLetterExchange:
    "a stream has no dead letters: what is given up stays in it. To have it elsewhere too, publish it in the handler before that throws DeadLetter",
  maxDeliveries: "a stream does not count deliveries",
  streamFilter: "is of the sink: a consumer is handed all, and handlers choose by type",
} as const;

const ofDeclaration = [
  "queueArguments",
  "streamMaxAgeHours",
  "streamMaxBytes",
  "streamMaxSegmentSize",
  "superStreamPartitions",
];

/** What a stream does not have, or lacks. */
export function problemsOfLog({ values, isSet }: Asked): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: string, message: string) => problems.push({ option, message });
  for (const [option, message] of Object.entries(ofQueues)) if (isSet(option)) problem(option, message);
  if ((values.declareTopology ?? "none") === "none")
    for (const option of ofDeclaration.filter(isSet))
      problem(option, 'is for a stream that is declared: set declareTopology: "declare" too');
  const { consumerName, singleActiveConsumer, offsets } = values;
  if (singleActiveConsumer && consumerName === undefined)
    problem("singleActiveConsumer", "needs consumerName: it is one of all that have the same name");
  if (offsets !== undefined && consumerName !== undefined && !singleActiveConsumer)
    problem("offsets", "keeps offsets in the place of the broker: leave out consumerName");
  return problems;
}

const ofStreams = ["consumerName", "from", "singleActiveConsumer", "offsets"];

/** What a queue does not have, or lacks. */
export function problemsOfQueue({ choice, isSet }: Asked): ConfigurationProblem[] {
  if (choice === undefined) return [];
  const problems = ofStreams.filter(isSet).map((option) => ({
    option,
    message: "is of a stream: name one by stream, with useStreams: true or a URL rabbitmq-stream://",
  }));
  if (isSet("queue")) return problems;
  return [
    ...problems,
    { option: "queue", message: 'is missing; write the name of a queue such as "rag-team"' },
  ];
}

export const logOptionsOf = ({
  from,
  consumerName,
  singleActiveConsumer,
  offsets,
}: ResolvedOptions): LogOptions => ({
  from,
  consumerName,
  singleActive: singleActiveConsumer,
  store: offsets,
});
