/** A table in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

const line = (cells: readonly string[]) => `| ${cells.map(inCell).join(" | ")} |`;

const inCell = (text: string) => text.replace(/\s*[|\n]\s*/g, " ");

/** The rows of a table in Markdown, without its head. */
export function tableRows(markdown: string): string[][] {
  const lines = markdown.split("\n").filter((text) => text.startsWith("|"));
  return lines.slice(2).map((text) =>
    text
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
