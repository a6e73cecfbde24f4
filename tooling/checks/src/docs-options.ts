// Writes docs/options.md from the table that validates the options; with `--check`, only says whether it is current.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { optionsDocument } from "@streamll/sink/internal";
import { repository } from "./workspace.js";

const page = join(repository, "docs/options.md");
const document = optionsDocument();

if (!process.argv.includes("--check")) {
  writeFileSync(page, document);
} else if (readIfAny(page) !== document) {
  console.error(
    "docs/options.md is not what the options' table gives: run `pnpm docs:options` and commit it",
  );
  process.exitCode = 1;
} else {
  console.log("docs/options.md is current");
}

function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
