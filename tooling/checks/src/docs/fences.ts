/** A TypeScript block of a page. */
export interface Block {
  /** The page, from the root, such as `docs/events.md`. */
  readonly page: string;
  /** The page's line that opens the fence: line `n` of the block is line `line + n` of the page. */
  readonly line: number;
  readonly source: string;
  /** Why it is compiled only, as its fence says. */
  readonly notRun?: string;
}

export interface Page {
  readonly blocks: readonly Block[];
  readonly problems: readonly string[];
}

/**
 * The blocks of a page. The fence is ` ```ts ` (compiled and run) or ` ```ts no-run: REASON ` (compiled only);
 * `typescript` will do for `ts`. Anything else after the language is a problem instead of a block, so that a misspelt
 * fence cannot switch a check off.
 */
export function blocksOf(page: string, text: string): Page {
  const blocks: Block[] = [];
  const problems: string[] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const [, indent, fence, info] = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(lines[at]!) ?? [];
    if (indent === undefined || fence === undefined || info === undefined) continue;
    const opened = at + 1;
    const body: string[] = [];
    while (++at < lines.length && !closes(lines[at]!, fence)) body.push(withoutIndent(lines[at]!, indent));
    const [, language, rest] = /^(\S*)\s*(.*)$/.exec(info)!;
    if (language !== "ts" && language !== "typescript") continue;
    const notRun = /^no-run:\s*(\S.*)$/.exec(rest!)?.[1];
    if (rest !== "" && notRun === undefined) {
      problems.push(`${page}:${opened}: the fence says "${rest}"; it may say "no-run: REASON" or nothing`);
      continue;
    }
    const source = `${body.join("\n")}\n`;
    blocks.push({ page, line: opened, source, ...(notRun === undefined ? {} : { notRun }) });
  }
  return { blocks, problems };
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0]!.repeat(text.length);
}

function withoutIndent(line: string, indent: string): string {
  return line.startsWith(indent) ? line.slice(indent.length) : line.trimStart();
}
