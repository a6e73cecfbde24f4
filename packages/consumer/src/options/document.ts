import { optionTables, type Rows, WHERE } from "@streamll/connection/internal";
import { failedTable } from "../dead-letters/failed-options.js";
import { replayTable } from "../dead-letters/method-options.js";
import { table } from "./table.js";

const head = `<!-- Generated from the tables that validate the options: pnpm docs:options -->
# Options of a consumer

Every option of \`new EventConsumer({ … })\`. A plain number of a duration is in the unit of the table; each duration also
takes a string with its unit (\`"100ms"\`, \`"5s"\`, \`"1h"\`). All options are checked together at construction: one
\`ConfigurationError\` lists every problem.

\`EventConsumer.fromEnv()\` reads the variables of the third column; the first that is set and not empty wins. \`amqpUrl\`
may also be written \`url\`.
`;

const deadLetters = `# Options for dead letters

\`new FailedEventConsumer({ … })\` and \`new DeadLetters({ … })\` take the options of "Where to connect" above, those of
"Which dead letters", and \`logger\`; the rest is of the one that is named. \`FailedEventConsumer.fromEnv()\` reads the
variables too. [Dead letters](dead-letters.md) says what they are for.
`;

const methods = `## Options of \`list()\`, \`show()\`, \`replay()\` and \`purge()\`

What is given selects: a letter has to fit all of it. The last five are of \`replay()\`; \`purge()\` has \`dryRun\` too.

| option | type, default | meaning |
| --- | --- | --- |
${Object.entries(replayTable)
  .map(([option, { kind, about, ...row }]) => {
    const { defaultText = "none" } = row as { readonly defaultText?: string };
    return `| \`${option}\` | ${kind.type}, ${defaultText} | ${about} |`;
  })
  .join("\n")}
`;

/** The heading of what sink and consumer share is one of sending. */
const named = (rows: Rows): Rows =>
  Object.fromEntries(
    Object.entries(rows).map(([option, row]) => [
      option,
      row.group === WHERE ? { ...row, group: "Where to connect" } : row,
    ]),
  );

/** What is not in the tables above already. */
const own = (rows: Rows): Rows =>
  Object.fromEntries(
    Object.entries(rows).filter(([, { group }]) => group !== WHERE && group !== table.logger.group),
  );

/** The page `docs/consumer-options.md`. */
export const consumerOptionsDocument = (): string =>
  [head, optionTables(named(table)), deadLetters, optionTables(own(failedTable)), methods].join("\n");
