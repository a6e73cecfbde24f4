import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Packed } from "../pack.js";
import { run } from "../processes.js";
import type { Errand } from "./deliver.js";
import { type TransportName, transports } from "./errands.js";
import { dependenciesOn, install, sources } from "./project.js";

/** What the error of a bundle that lacks it says, and the READMEs. */
const banner = {
  js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
};

/** Scripts in `bundlers/` that take an entry and an output; each also takes CommonJS that calls `require()`. */
const scripts = { webpack: "cjs", rspack: "cjs", rollup: "mjs", vite: "mjs" };

interface Place {
  /** Has the bundlers in its `node_modules`, and so each project in it. */
  readonly tools: string;
  /** Has no `node_modules` above it: a bundle that runs there is whole. */
  readonly elsewhere: string;
}

/** Bundles a program by each bundler, with one transport installed, and delivers with what they made. */
export async function tryBundlers(
  packed: readonly Packed[],
  errands: Record<TransportName, Errand>,
  place: Place,
): Promise<void> {
  cpSync(join(sources, "bundlers"), place.tools, { recursive: true });
  mkdirSync(place.elsewhere);
  for (const transport of transports) {
    const shared = ["core", "connection", "sink", "transport-kit"];
    const wanted = [...shared, `transport-${transport}`].map((name) => `@streamll/${name}`);
    const project = join(place.tools, transport);
    await install(project, dependenciesOn(packed.filter(({ manifest }) => wanted.includes(manifest.name))));
    await writePrograms(project);
    const env = { STREAMLL_SMOKE: JSON.stringify(errands[transport]) };
    for (const [name, bundle] of bundles(project, place, transport)) {
      const said = await run(process.execPath, [await bundle()], place.elsewhere, env);
      console.log(`${transport} bundled by ${name}: ${said.trim()}`);
    }
    await sayWhatEsbuildLacks(project, place, transport, env);
    console.log(`${transport} built by Next with Turbopack: ${await serveByNext(project, place, env)}`);
  }
}

/** As an ES module and as CommonJS that imports, or requires, the installed packages. */
export async function writePrograms(project: string): Promise<void> {
  // Without the repository's tsconfig.json, which takes the packages from their sources.
  const common = { bundle: true, packages: "external", tsconfigRaw: {}, outdir: project } as const;
  const entryPoints = ["main", "deliver", "under-jest"].map((name) => join(sources, `${name}.ts`));
  for (const format of ["esm", "cjs"] as const) {
    const outExtension = { ".js": format === "esm" ? ".mjs" : ".cjs" };
    await build({ ...common, platform: "node", entryPoints, format, outExtension });
  }
}

function* bundles(
  project: string,
  { tools, elsewhere }: Place,
  transport: string,
): Generator<[name: string, bundle: () => Promise<string>]> {
  const out = (name: string) => join(elsewhere, `${transport}-${name}`);
  for (const source of ["mjs", "cjs"]) {
    const entry = join(project, `main.${source}`);
    const byEsbuild = async (format: "esm" | "cjs", outfile: string) => {
      const shared = { bundle: true, platform: "node", minify: true, logLevel: "error" } as const;
      await build({ ...shared, entryPoints: [entry], format, outfile, ...(format === "esm" && { banner }) });
      return outfile;
    };
    yield [`esbuild to ESM, of ${source}`, () => byEsbuild("esm", out(`${source}-esbuild.mjs`))];
    yield [`esbuild to CommonJS, of ${source}`, () => byEsbuild("cjs", out(`${source}-esbuild.cjs`))];
  }
  for (const [name, extension] of Object.entries(scripts)) {
    for (const source of extension === "cjs" ? ["mjs", "cjs"] : ["mjs"]) {
      const outfile = out(`${source}-${name}.${extension}`);
      const args = [join(tools, `${name}.mjs`), join(project, `main.${source}`), outfile];
      yield [`${name}, of ${source}`, () => run(process.execPath, args, project).then(() => outfile)];
    }
  }
}

/** Of a dependency that is CommonJS, esbuild makes no ES module by itself: `start()` says the line that helps. */
async function sayWhatEsbuildLacks(
  project: string,
  { elsewhere }: Place,
  transport: TransportName,
  env: Record<string, string>,
): Promise<void> {
  const outfile = join(elsewhere, `${transport}-without-banner.mjs`);
  const entryPoints = [join(project, "main.mjs")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  const said = await run(process.execPath, [outfile], elsewhere, env).catch((error: Error) => error.message);
  const isWhole = transport !== "amqp091" && transport !== "amqp10";
  if (!said.includes(isWhole ? "events confirmed" : `--banner:js="${banner.js}"`))
    throw new Error(
      `${transport} bundled by esbuild to ESM without a banner says no line that helps:\n${said}`,
    );
  console.log(
    `${transport} bundled by esbuild to ESM, without a banner: ${isWhole ? "in order" : "says what helps"}`,
  );
}

async function serveByNext(project: string, { tools }: Place, env: Record<string, string>): Promise<string> {
  mkdirSync(join(project, "app"));
  copyFileSync(join(sources, "bundlers/next-route.mjs"), join(project, "app/route.js"));
  // The packages are in the project, Next above it.
  writeFileSync(
    join(project, "next.config.mjs"),
    `export default { turbopack: { root: ${JSON.stringify(tools)} } };`,
  );
  const silent = { NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, [join(tools, "node_modules/next/dist/bin/next"), "build"], project, silent);
  const said = await run(process.execPath, [join(tools, "next.mjs"), project], project, {
    ...silent,
    ...env,
  });
  return said.trim().split("\n").at(-1)!;
}
