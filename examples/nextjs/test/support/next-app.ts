import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../../", import.meta.url));
const example = join(root, "examples/nextjs");

/** 370 MB, so no part of the workspace. */
const packages = {
  "@types/node": "20.19.0",
  "@types/react": "19.2.0",
  amqplib: "2.3.1",
  next: "16.4.6",
  react: "19.3.1",
  "react-dom": "19.3.1",
  typescript: "5.9.3",
};

const manifest = JSON.stringify({ private: true, type: "module", dependencies: packages });

/** Installs Next once, with npm. */
async function installed(): Promise<string> {
  const hash = createHash("sha256").update(manifest).digest("hex").slice(0, 12);
  const folder = join(root, ".streamll", `nextjs-${hash}`);
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    return folder;
  const making = `${folder}.${process.pid}`;
  await mkdir(making, { recursive: true });
  await writeFile(join(making, "package.json"), manifest);
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  await run("npm", args, { cwd: making, timeout: 280_000 });
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
  return folder;
}

/** Our packages as they are published, made of their present sources. */
async function installOurs(folder: string): Promise<void> {
  for (const name of ["core", "connection", "sink", "transport-kit", "transport-amqp091"]) {
    const source = join(root, "packages", name);
    const target = join(folder, "node_modules/@streamll", name);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    await cp(join(source, "package.json"), join(target, "package.json"));
    const files = await readdir(join(source, "src"));
    await build({
      entryPoints: files
        .filter((file) => /^(index|internal|options)\.ts$/.test(file))
        .map((file) => join(source, "src", file)),
      outdir: join(target, "dist"),
      bundle: true,
      packages: "external",
      splitting: true,
      platform: "node",
      format: "esm",
      target: "node20",
    });
  }
}

/** Types are checked by our sources, as only the build of our packages makes their types. */
async function checkTypes(folder: string): Promise<void> {
  const { compilerOptions } = JSON.parse(await readFile(join(root, "tsconfig.json"), "utf8")) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
  };
  const paths = Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, [path = ""]]) => [name, [join(root, path)]]),
  );
  const files = ["instrumentation.ts", "app/answer/route.ts"];
  const own = { extends: "./tsconfig.json", compilerOptions: { paths }, files };
  await writeFile(join(folder, "tsconfig.check.json"), JSON.stringify(own));
  const args = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.check.json"];
  const said = await run("node", args, { cwd: folder }).catch((error: { stdout?: string }) => error);
  // The sources themselves are checked elsewhere, by options of their own.
  const wrong = (said.stdout ?? String(said))
    .split("\n")
    .filter((line) => /^(app|instrumentation|streamll)/.test(line));
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

/** Builds the example with Next, and returns its folder. */
export async function buildNextApp(): Promise<string> {
  const folder = await installed();
  await installOurs(folder);
  for (const name of ["instrumentation.ts", "streamll.ts", "tsconfig.json", "app"]) {
    await rm(join(folder, name), { recursive: true, force: true });
    await cp(join(example, name), join(folder, name), { recursive: true });
  }
  await checkTypes(folder);
  const config = { typescript: { ignoreBuildErrors: true }, turbopack: { root: folder } };
  await writeFile(join(folder, "next.config.mjs"), `export default ${JSON.stringify(config)};`);
  const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
  await run("node", ["node_modules/next/dist/bin/next", "build"], { cwd: folder, env });
  return folder;
}
