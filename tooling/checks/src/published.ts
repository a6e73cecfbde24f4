// `published.ts publint`, `published.ts attw` and `published.ts npm`: what would be published, read as a stranger's tools
// read it, and as npm would publish it.
import { join } from "node:path";
import { type Packed, withTarballs } from "./pack.js";
import { run } from "./processes.js";
import { repository } from "./workspace.js";

const installed = (name: string) => join(repository, "node_modules/.bin", name);

const tools = {
  publint: ({ tarball }: Packed) => [installed("publint"), "run", tarball, "--strict"],
  npm: ({ tarball }: Packed) => ["npm", "publish", tarball, "--dry-run"],
  // The resolution of Node 10 knows no `exports`; every Node that is supported does. A mere command has no types.
  attw({ tarball, manifest: { exports } }: Packed) {
    if (!exports) return undefined;
    const isEsmOnly = !JSON.stringify(exports).includes('"require":');
    return [installed("attw"), tarball, "--profile", isEsmOnly ? "esm-only" : "node16"];
  },
};

const name = process.argv[2] as keyof typeof tools;
const tool = tools[name];
if (!tool) throw new Error(`usage: published.ts ${Object.keys(tools).join("|")}`);

await withTarballs(async (packed) => {
  for (const pkg of packed) {
    const [command, ...args] = tool(pkg) ?? [];
    if (!command) continue;
    try {
      await run(command, args, repository);
      console.log(`${name}: ${pkg.manifest.name} is in order`);
    } catch (error) {
      console.error(`${pkg.manifest.name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
});
