import { variablesFor } from "./environment.js";
import type { Row, Rows } from "./row.js";

/** Tables of options in Markdown, one under each heading. */
export function optionTables(rows: Rows): string {
  const groups = [...new Set(Object.values(rows).map(({ group }) => group))];
  return groups.map((group) => tableOf(group, rows)).join("\n");
}

function tableOf(group: string, rows: Rows): string {
  const lines = Object.entries(rows)
    .filter(([, row]) => row.group === group)
    .map(([option, row]) => lineOf(option, row));
  const heading = group.replaceAll(/@streamll\/[\w-]+/g, "`$&`");
  return `## ${heading}\n\n| option | type, default | variable | meaning |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
}

function lineOf(option: string, row: Row): string {
  const variables = variablesFor(option, row).map((variable) => `\`${variable}\``);
  const type = `${cell(row.kind.type)}, ${cell(defaultText(row))}`;
  return `| \`${option}\` | ${type} | ${variables.join(" ")} | ${cell(row.about)} |`;
}

function defaultText({ default: value, defaultText: words = "none", kind }: Row): string {
  if (value === undefined) return words;
  return `\`${typeof value === "object" ? JSON.stringify(value) : kind.type === "size" ? String(value) : JSON.stringify(value)}\``;
}

const cell = (text: string) => text.replaceAll("|", "\\|");
