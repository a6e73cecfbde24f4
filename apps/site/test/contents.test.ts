import { describe, expect, it } from "vitest";
import { everyEntry, parseContents, readContents, unlisted } from "../src/contents.js";
import { llmsText } from "../src/llms.js";
import { pagesOf, repository } from "../src/pages.js";

describe("the table of contents", () => {
  it("has chapters, entries with descriptions, and entries below entries", () => {
    const text = "# Docs\n\n## Guide\n\n- [A](a.md): what `A`\n  is\n  - [B](../b/README.md): what B is\n";
    const [guide] = parseContents(text);
    expect(guide).toMatchObject({
      title: "Guide",
      entries: [
        { title: "A", source: "docs/a.md", description: "what `A` is", entries: [{ source: "b/README.md" }] },
      ],
    });
  });

  it("says what to write where a line is no entry", () => {
    expect(() => parseContents("## Guide\n\n- a.md")).toThrow(
      "docs/README.md:3: write - [title](link): description",
    );
  });

  it("of this project names only pages that are there, and each page of docs and examples", () => {
    const pages = pagesOf(repository);
    const chapters = readContents(repository);
    const listed = chapters.flatMap(({ entries }) => [...everyEntry(entries)]);
    expect(pages.map(({ source }) => source)).toEqual(
      expect.arrayContaining(listed.map(({ source }) => source)),
    );
    expect(unlisted(pages, chapters)).toEqual([]);
    expect(unlisted([...pages, { source: "docs/new.md", path: "new.md" }], chapters)).toEqual([
      "docs/new.md",
    ]);
  });
});

it("llms.txt has a line for each page of the contents, and each page is there as Markdown", () => {
  const page = { source: "docs/a.md", path: "a.md" };
  const files = llmsText(parseContents("## Guide\n\n- [A](a.md): about A"), new Map([[page, "# A\n"]]));
  expect(files["llms.txt"]).toContain("- [A](https://streamll.github.io/streamll-js/a.md): about A");
  expect(files["llms-full.txt"]).toContain("# A");
  expect(files["a.md"]).toBe("# A\n");
});
