import { optionTables } from "@streamll/connection/internal";
import { allRows } from "./table.js";

const head = `<!-- Generated from the tables that validate the options: pnpm docs:options -->
# Options

Every option of \`new RabbitMQSink({ … })\`. A plain number of a duration is in the unit of the table; each duration also
takes a string with its unit (\`"100ms"\`, \`"5s"\`, \`"1h"\`), each size a number of bytes or a string (\`"500MB"\`,
\`"64MiB"\`). All options are checked together at construction: one \`ConfigurationError\` lists every problem.

\`sinkOptionsFromEnv()\` and \`RabbitMQSink.fromEnv()\` read the variables of the third column; the first that is set and
not empty wins. Booleans are \`true\`, \`yes\`, \`on\` or \`1\`, and \`false\`, \`no\`, \`off\` or \`0\`, in upper or lower
case; lists have commas, objects are JSON.

Options of one transport alone stand at the end. They ask for that transport, and no other takes them.
`;

/** The page `docs/options.md`. */
export const optionsDocument = (): string => `${head}\n${optionTables(allRows)}`;
