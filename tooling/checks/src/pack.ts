import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pnpm } from "./processes.js";
import { type Package, publicPackages, repository } from "./workspace.js";

export interface Packed extends Package {
  /** The path of its tarball. */
  readonly tarball: string;
}

/** Packs every public package, as a release would, for the time of `use`. */
export async function withTarballs<T>(
  use: (packed: readonly Packed[], folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "streamll-packed-"));
  try {
    const packages = publicPackages();
    const filters = packages.map(({ folder }) => `--filter=./${folder}`);
    await pnpm([...filters, "-r", "pack", "--out", join(folder, "%s.tgz")], repository);
    return await use(
      packages.map((pkg) => ({ ...pkg, tarball: join(folder, `${fileName(pkg.manifest.name)}.tgz`) })),
      folder,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fileName(name: string): string {
  return name.replace("@", "").replace("/", "-");
}
