// `published.ts publint` and `published.ts attw`: what would be published, read as a stranger's tools read it.
import { join } from "node:path";
import { type Packed, withTarballs } from "./pack.js";
import { run } from "./processes.js";
import { repository } from "./workspace.js";

const tools = {
  publint: ({ tarball }: Packed) => ["publint", "run", tarball, "--strict"],
  // The resolution of Node 10 knows no `exports`; every Node that is supported does. A mere command has no types.
  attw({ tarball, manifest: { exports } }: Packed) {
    if (!exports) return undefined;
    const isEsmOnly = !JSON.stringify(exports).includes('"require":');
    return ["attw", tarball, "--profile", isEsmOnly ? "esm-only" : "node16"];
  },
};

const tool = tools[process.argv[2] as keyof typeof tools];
if (!tool) throw new Error(`usage: published.ts ${Object.keys(tools).join("|")}`);

await withTarballs(async (packed) => {
  for (const pkg of packed) {
    const command = tool(pkg);
    if (!command) continue;
    const [name, ...args] = command as [string, ...string[]];
    try {
      await run(join(repository, "node_modules/.bin", name), args, repository);
      console.log(`${name}: ${pkg.manifest.name} is in order`);
    } catch (error) {
      console.error(`${pkg.manifest.name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
});
