import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Block } from "./fences.js";

/** Pages that show a library which only one package has installed. */
const homes: Readonly<Record<string, string>> = {
  "docs/consuming.md": "consumer",
  "docs/opentelemetry.md": "sink",
};

/**
 * Where blocks lie as files: inside the repository, so that imports resolve as a reader's would, and ignored by git.
 */
export class Workshop {
  readonly #root: string;
  /** By the folder of the package that a page is of. */
  readonly #folders = new Map<string, string>();
  readonly #files = new Map<string, Block>();

  constructor(root: string) {
    this.#root = root;
  }

  [Symbol.dispose](): void {
    for (const folder of this.#folders.values()) rmSync(folder, { recursive: true, force: true });
  }

  /** `docs/sources` shows frameworks that only `packages/sources` has installed. */
  #folderOf(page: string): string {
    const [, folderName] = /^docs\/([^/]+)\//.exec(page) ?? [];
    const name = homes[page] ?? folderName;
    const home = join(this.#root, name === undefined ? "" : `packages/${name}`);
    const place = existsSync(join(home, "package.json")) ? home : this.#root;
    let folder = this.#folders.get(place);
    if (folder === undefined) {
      mkdirSync(join(place, ".streamll"), { recursive: true });
      // Of its own: two runs in one clone leave each other's blocks alone.
      folder = mkdtempSync(join(place, ".streamll/blocks-"));
      this.#folders.set(place, folder);
    }
    return folder;
  }

  write(block: Block, source = block.source): string {
    const file = join(
      this.#folderOf(block.page),
      `${block.page.replaceAll(/[^A-Za-z0-9]+/g, "-")}-${block.line}.ts`,
    );
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
