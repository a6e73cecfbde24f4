// The files of https://llmstxt.org for programs that read the documentation: an index, and all of it as one text.
import { base } from "./base.js";
import { type Chapter, type Entry, everyEntry } from "./contents.js";
import type { Page } from "./pages.js";

const site = `https://streamll.github.io${base}`;

/** By file name. Each page is there as Markdown too, at its own address with `.md`. */
export function llmsText(
  chapters: readonly Chapter[],
  texts: ReadonlyMap<Page, string>,
): Record<string, string> {
  const pages = new Map([...texts.keys()].map((page) => [page.source, page]));
  const line = ({ title, source, description }: Entry) =>
    `- [${title}](${site}${pages.get(source)?.path}): ${description}`;
  const index = [
    "# streamll",
    "> Delivers the events of TypeScript programs that use language models to a message broker: RabbitMQ, Amazon MQ, " +
      "CloudAMQP, LavinMQ, Azure Service Bus, Google Cloud Pub/Sub.",
    ...chapters.map(
      ({ title, entries }) => `## ${title}\n\n${[...everyEntry(entries)].map(line).join("\n")}`,
    ),
  ];
  const markdown = [...texts].map(([{ path }, text]) => [path, text] as const);
  return {
    "llms.txt": `${index.join("\n\n")}\n`,
    "llms-full.txt": markdown.map(([path, text]) => `<!-- ${site}${path} -->\n\n${text}`).join("\n"),
    ...Object.fromEntries(markdown),
  };
}
