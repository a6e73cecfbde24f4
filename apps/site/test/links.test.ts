import { describe, expect, it } from "vitest";
import { changeLinks, SiteLinks } from "../src/links.js";
import { pagesOf, repository } from "../src/pages.js";

const pages = pagesOf(repository);
const links = new SiteLinks(repository, pages);
const from = (source: string) => pages.find((page) => page.source === source)!;

describe("links of a page", () => {
  const upper = (text: string) => changeLinks(text, (target) => target.toUpperCase());

  it("are found in text, tables, images within links, definitions and HTML", () => {
    expect(upper("see [a.md](a.md) and [b]\n\n[b]: b.md")).toBe("see [a.md](A.MD) and [b]\n\n[b]: B.MD");
    expect(upper("| a | b |\n| --- | --- |\n| [x](x.md) | [y](y.md) |")).toContain(
      "| [x](X.MD) | [y](Y.MD) |",
    );
    expect(upper("[![p](p.png)](p.md)")).toBe("[![p](P.PNG)](P.MD)");
    expect(upper('<img alt="a.png" src="a.png">')).toBe('<img alt="a.png" src="A.PNG">');
  });

  it("are left alone in code", () => {
    const code = "`[a](a.md)`\n\n```md\n[a](a.md)\n```";
    expect(upper(code)).toBe(code);
  });
});

describe("a link on the site", () => {
  it("leads to the page of a file, with its heading", () => {
    expect(links.resolve(from("README.md"), "docs/events.md#the-json", 1)).toBe("./events.md#the-json");
    expect(links.resolve(from("docs/sources/ai-sdk.md"), "../events.md", 1)).toBe("../events.md");
    expect(links.resolve(from("docs/listen.md"), "sources/README.md", 1)).toBe("./sources/index.md");
    expect(links.resolve(from("packages/sink/README.md"), "../../docs/options.md", 1)).toBe("../options.md");
  });

  it("leads to the README of a folder", () => {
    expect(links.resolve(from("docs/migration.md"), "../examples/development", 1)).toBe(
      "./examples/development.md",
    );
  });

  it("stays on the site where the file is named by its address on GitHub", () => {
    const address = "https://github.com/streamll/streamll-js/blob/main/docs/errors.md";
    expect(links.resolve(from("apps/cli/README.md"), address, 1)).toBe("../errors.md");
  });

  it("leads to GitHub for a file that is no page", () => {
    const source = "../packages/core/src/index.ts";
    expect(links.resolve(from("docs/events.md"), source, 1)).toBe(
      "https://github.com/streamll/streamll-js/blob/main/packages/core/src/index.ts",
    );
  });

  it("stays as it is where it leads elsewhere", () => {
    expect(links.resolve(from("docs/events.md"), "https://example.com/a.md", 1)).toBe(
      "https://example.com/a.md",
    );
    expect(links.resolve(from("docs/events.md"), "#the-json", 1)).toBe("#the-json");
  });

  it("fails the build, with its place, where there is no such file", () => {
    expect(() => links.resolve(from("docs/events.md"), "evnets.md", 7)).toThrow(
      "docs/events.md:7 links to evnets.md, and there is no docs/evnets.md",
    );
  });
});
