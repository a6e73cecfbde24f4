import { readFile } from "node:fs/promises";
import { tableRows, textBetween } from "@streamll/evidence";
import { DOMParser } from "linkedom";
import { describe, expect, it } from "vitest";
import { drawField, drawn, pictureFile } from "../src/draw.js";

describe.each(drawn)("the picture of %s", (field) => {
  it.each(["light", "dark"] as const)(
    "in %s is what `npm run bench -- --draw` makes of its table",
    async (scheme) => {
      expect(await readFile(pictureFile(field, scheme), "utf8")).toBe(await drawField(field, scheme));
    },
  );

  it("shows every median of the table", async () => {
    const svg = new DOMParser().parseFromString(await drawField(field, "light"), "image/svg+xml");
    const texts = [...svg.querySelectorAll("text")].map(({ textContent }) => textContent);
    const cells = tableRows(await textBetween("evidence/benchmarks.md", field)).flatMap(([, rate, , cpu]) => [
      rate,
      cpu,
    ]);
    const medians = cells.filter((cell) => cell !== "").map((cell) => Number.parseFloat(cell!));
    expect(medians.length).toBeGreaterThan(4);
    expect(texts).toEqual(expect.arrayContaining(medians.map((median) => median.toLocaleString("en"))));
  });

  it("stands in docs/benchmarks.md, for both colour schemes", async () => {
    const page = await readFile(new URL("../../../docs/benchmarks.md", import.meta.url), "utf8");
    for (const scheme of ["light", "dark"])
      expect(page).toContain(`"images/benchmarks/${field}-${scheme}.svg"`);
  });
});
