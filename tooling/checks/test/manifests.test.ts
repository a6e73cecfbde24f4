import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { publicPackages, repository } from "../src/workspace.js";

describe.each(publicPackages())("what npm is told of $manifest.name", ({ folder }) => {
  const read = (name: string) => readFileSync(join(repository, folder, name), "utf8");
  const manifest = JSON.parse(read("package.json"));

  it("leads back to its folder in the repository, which the provenance of a release is checked against", () => {
    expect(manifest).toMatchObject({
      license: "Apache-2.0",
      homepage: expect.stringMatching(/^https:/),
      bugs: expect.stringMatching(/^https:/),
      repository: { url: "git+https://github.com/streamll/streamll-js.git", directory: folder },
      publishConfig: { access: "public", provenance: true },
      engines: { node: ">=20.19" },
    });
  });

  it("has a description and keywords that it is found by", () => {
    expect(manifest.description.length).toBeGreaterThan(30);
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords.length);
    expect(manifest.keywords).toEqual(expect.arrayContaining(["streamll", "llm"]));
  });

  it("includes a README and the license", () => {
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "README.md", "LICENSE"]));
    expect(read("README.md")).toContain(`# ${manifest.name}\n`);
    expect(read("LICENSE")).toBe(readFileSync(join(repository, "LICENSE"), "utf8"));
  });

  it("is versioned by a changeset until it has a changelog", () => {
    const changesets = join(repository, ".changeset", `${folder.split("/").at(-1)}.md`);
    expect(existsSync(join(repository, folder, "CHANGELOG.md")) || existsSync(changesets)).toBe(true);
  });
});
