// Writes the pages of options from the tables that validate them; with `--check`, only says whether they are current.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { consumerOptionsDocument } from "@streamll/consumer/internal";
import { optionsDocument } from "@streamll/sink/internal";
import { repository } from "./workspace.js";

const pages = {
  "docs/options.md": optionsDocument(),
  "docs/consumer-options.md": consumerOptionsDocument(),
};

for (const [name, document] of Object.entries(pages)) {
  const page = join(repository, name);
  if (!process.argv.includes("--check")) {
    writeFileSync(page, document);
  } else if (readIfAny(page) !== document) {
    console.error(`${name} is not what the options' table gives: run \`pnpm docs:options\` and commit it`);
    process.exitCode = 1;
  } else {
    console.log(`${name} is current`);
  }
}

function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
