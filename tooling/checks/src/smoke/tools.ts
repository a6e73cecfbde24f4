import { install } from "./project.js";

// Some 700 MB, so no part of the workspace. Raise them now and then: what they do with a package changes.
const versions = {
  "@rollup/plugin-commonjs": "29.0.3",
  "@rollup/plugin-json": "6.1.0",
  "@rollup/plugin-node-resolve": "16.0.3",
  "@rspack/core": "2.3.3",
  jest: "30.5.2",
  next: "16.4.6",
  react: "19.3.1",
  "react-dom": "19.3.1",
  rollup: "4.68.8",
  vite: "8.4.0",
  webpack: "5.113.0",
};

/** Packages that hold a runtime and nothing else, and no installer. */
const runtimes = { "@deno/linux-x64-glibc": "2.9.6", "@oven/bun-linux-x64": "1.4.5" };

/** Bundlers, Jest and runtimes, as they come from the npm registry. */
export async function installTools(folder: string): Promise<void> {
  const runs = process.platform === "linux" && process.arch === "x64";
  await install(folder, { ...versions, ...(runs && runtimes) });
}
