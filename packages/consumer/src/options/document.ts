import { optionTables, WHERE } from "@streamll/connection/internal";
import { table } from "./table.js";

const head = `<!-- Generated from the tables that validate the options: pnpm docs:options -->
# Options of a consumer

Every option of \`new EventConsumer({ … })\`. A plain number of a duration is in the unit of the table; each duration also
takes a string with its unit (\`"100ms"\`, \`"5s"\`, \`"1h"\`). All options are checked together at construction: one
\`ConfigurationError\` lists every problem.

\`EventConsumer.fromEnv()\` reads the variables of the third column; the first that is set and not empty wins. \`amqpUrl\`
may also be written \`url\`.
`;

/** The heading of what sink and consumer share is one of sending. */
const rows = Object.fromEntries(
  Object.entries(table).map(([option, row]) => [
    option,
    row.group === WHERE ? { ...row, group: "Where to connect" } : row,
  ]),
);

/** The page `docs/consumer-options.md`. */
export const consumerOptionsDocument = (): string => `${head}\n${optionTables(rows)}`;
