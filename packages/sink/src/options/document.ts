import { variablesFor } from "./environment.js";
import { groups } from "./option.js";
import { type OptionName, optionNames, rowOf } from "./table.js";

const head = `<!-- Generated from the table that validates the options: pnpm docs:options -->
# Options

Every option of \`new RabbitMQSink({ … })\`. A plain number of a duration is in the unit of the table; each duration also
takes a string with its unit (\`"100ms"\`, \`"5s"\`, \`"1h"\`), each size a number of bytes or a string (\`"500MB"\`,
\`"64MiB"\`). All options are checked together at construction: one \`ConfigurationError\` lists every problem.

\`sinkOptionsFromEnv()\` and \`RabbitMQSink.fromEnv()\` read the variables of the third column; the first that is set and
not empty wins. Booleans are \`true\`, \`yes\`, \`on\` or \`1\`, and \`false\`, \`no\`, \`off\` or \`0\`, in upper or lower
case; lists have commas, objects are JSON.
`;

/** The page `docs/options.md`. */
export function optionsDocument(): string {
  const parts = [head];
  for (const group of groups) {
    const rows = optionNames.filter((option) => rowOf(option).group === group).map(rowText);
    parts.push(
      `## ${group}\n\n| option | type, default | variable | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`,
    );
  }
  return parts.join("\n");
}

function rowText(option: OptionName): string {
  const { kind, about, package: packageName } = rowOf(option);
  const later = packageName === undefined ? "" : ` Comes with \`${packageName}\`.`;
  const variables = variablesFor(option).map((variable) => `\`${variable}\``);
  return `| \`${option}\` | ${cell(kind.type)}, ${cell(defaultText(option))} | ${variables.join(" ")} | ${cell(about)}${later} |`;
}

function defaultText(option: OptionName): string {
  const { default: value, defaultText: words = "none", kind } = rowOf(option);
  if (value === undefined) return words;
  return `\`${typeof value === "object" ? JSON.stringify(value) : kind.type === "size" ? String(value) : JSON.stringify(value)}\``;
}

const cell = (text: string) => text.replaceAll("|", "\\|");
