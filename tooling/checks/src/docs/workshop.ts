import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Block } from "./fences.js";

/**
 * Where blocks lie as files: inside the repository, so that imports resolve as a reader's would, and ignored by git.
 */
export class Workshop {
  readonly #folder: string;
  readonly #files = new Map<string, Block>();

  constructor(root: string) {
    mkdirSync(join(root, ".streamll"), { recursive: true });
    // Of its own: two runs in one clone leave each other's blocks alone.
    this.#folder = mkdtempSync(join(root, ".streamll/blocks-"));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  write(block: Block, source = block.source): string {
    const file = join(this.#folder, `${block.page.replaceAll(/[^A-Za-z0-9]+/g, "-")}-${block.line}.ts`);
    writeFileSync(file, source);
    this.#files.set(file, block);
    return file;
  }

  /** Places in the files of the blocks, as a stack names them, turned into places in the pages. */
  inPages(text: string): string {
    let result = text;
    for (const [file, { page, line }] of this.#files) {
      const place = new RegExp(`(?:file://)?${file.replaceAll(/[.+]/g, "\\$&")}(?::(\\d+))?`, "g");
      result = result.replaceAll(place, (_, at?: string) => `${page}:${line + Number(at ?? 0)}`);
    }
    return result;
  }
}
