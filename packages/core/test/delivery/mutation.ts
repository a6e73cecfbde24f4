import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DeliveryEngine } from "@streamll/core/internal";
import { afterAll, beforeAll, expect } from "vitest";

/** A change of one file of the engine. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

type Engine = typeof DeliveryEngine;

const source = fileURLToPath(new URL("../../src", import.meta.url));
/** Folders that are copied, each mutant with its own; what else they import is the original. */
const copied = ["buffer", "delivery", "spool"];
const cache = fileURLToPath(new URL("../../../../.streamll", import.meta.url));

/** Makes engines with one file changed, for as long as the tests of this file run. */
export function engines(): (mutation: Mutation, name: string) => Promise<Engine> {
  let folder: string;
  beforeAll(async () => {
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, "mutants-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (mutation, name) => engineOf(mutation, join(folder, name));
}

async function engineOf({ file, from, to }: Mutation, copy: string): Promise<Engine> {
  for (const one of copied) await cp(join(source, one), join(copy, one), { recursive: true });
  for (const one of await readdir(copy, { recursive: true })) {
    if (!one.endsWith(".ts")) continue;
    let text = await readFile(join(copy, one), "utf8");
    if (one === file) {
      expect(text.split(from), `the mutated place is in ${file} once`).toHaveLength(2);
      text = text.replace(from, () => to);
    }
    const imports = /(?<=from ")(\.{1,2}\/[^"]+)\.js(?=")/g;
    text = text.replace(imports, (whole, path: string) => {
      const target = relative(copy, resolve(copy, dirname(one), path));
      return copied.some((inside) => target.startsWith(`${inside}/`)) ? whole : join(source, `${target}.ts`);
    });
    await writeFile(join(copy, one), text);
  }
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(copy, "delivery/engine.ts")).href)) as {
    DeliveryEngine: Engine;
  };
  return module.DeliveryEngine;
}
