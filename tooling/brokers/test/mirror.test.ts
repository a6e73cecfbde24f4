import { describe, expect, it } from "vitest";
import { mirrorIn } from "../src/debian/mirror.js";

const target = (own: Record<string, string>) =>
  Object.entries({
    Origin: "Debian",
    Component: "main",
    Codename: "bookworm",
    "Repo-URI": "http://mirror.example/debian/",
    Sourcesentry: "/etc/apt/sources.list:2",
    ...own,
  })
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");

const backports = target({ Codename: "bookworm-updates", "Repo-URI": "http://updates.example/" });
const other = target({ Origin: "Elsewhere", "Repo-URI": "http://elsewhere.example/" });
const targets = [other, backports, target({})].join("\n");

describe("the mirror", () => {
  it("is the one that apt has the release's main component from", () => {
    expect(mirrorIn(targets, () => "")).toEqual({ url: "http://mirror.example/debian/" });
  });

  it("comes with the keyring of its line in sources.list", () => {
    const sources = `deb [signed-by=/keys/other.gpg] http://elsewhere.example x main
deb [arch=amd64 signed-by=/keys/ours.gpg] http://mirror.example/debian bookworm main`;
    expect(mirrorIn(targets, () => sources)).toMatchObject({ keyring: "/keys/ours.gpg" });
  });

  it("comes with the keyring of its paragraph in a .sources file", () => {
    const paragraph = (url: string, keyring: string) =>
      `Types: deb\nURIs: ${url}\nSuites: bookworm\nSigned-By: ${keyring}\n`;
    const sources = [
      paragraph("http://elsewhere.example", "/keys/other.gpg"),
      paragraph("http://mirror.example/debian", "/keys/ours.gpg"),
    ].join("\n");
    const targets = target({ Sourcesentry: "/etc/apt/sources.list.d/debian.sources:2" });
    expect(mirrorIn(targets, () => sources)).toMatchObject({ keyring: "/keys/ours.gpg" });
  });

  it("is unknown where apt has no Debian", () => {
    expect(mirrorIn(other, () => "")).toBeUndefined();
  });
});
