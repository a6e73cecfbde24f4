// Who may import whom: fails with the edge that breaks the layers of layer-rules.ts, and with files of one package that
// import each other in a circle.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { cyclesIn } from "./cycles.js";
import { importsOf } from "./imports.js";
import { type Layer, layerOf, matches } from "./layer-rules.js";
import { type Package, packagesIn, repository } from "./workspace.js";

/** The edges that are not allowed in the repository at `root`, each as one line. */
export function brokenEdges(root: string): string[] {
  return packagesIn(["packages", "apps"], root).flatMap((pkg) => {
    const layer = layerOf(pkg.folder);
    if (!layer) return [`${pkg.folder} has no layer: give it a line in tooling/checks/src/layer-rules.ts`];
    return [...brokenDependencies(pkg, layer), ...brokenImports(root, pkg, layer)];
  });
}

function brokenDependencies({ folder, manifest }: Package, layer: Layer): string[] {
  const optional = (name: string) => manifest.peerDependenciesMeta?.[name]?.optional === true;
  const firm = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
  return Object.keys(firm)
    .filter((name) => isOurs(name) && !allowed(layer.may, name))
    .filter(
      (name) =>
        !(
          allowed([...(layer.onDemand ?? []), ...(layer.handsOn ?? [])], name) &&
          name in (manifest.peerDependencies ?? {}) &&
          optional(name)
        ),
    )
    .map((name) => `${folder}/package.json depends on ${name}: ${rule(folder, layer, name)}`);
}

function brokenImports(root: string, { folder, manifest }: Package, layer: Layer): string[] {
  const home = join(root, folder);
  return sourcesIn(home).flatMap((file) => {
    const where = relative(root, file);
    return importsOf(file, readFileSync(file, "utf8")).flatMap(({ specifier, dynamic, line }) => {
      const edge = `${where}:${line} imports ${specifier}`;
      if (specifier.startsWith(".")) {
        const target = resolve(file, "..", specifier);
        if (!relative(home, target).startsWith("..")) return [];
        const path = relative(root, target).replace(/\.js$/, ".ts");
        if (layer.builtIn?.some((pattern) => pattern.test(path))) return [];
        return [`${edge}: a relative import may not leave its package`];
      }
      const name = packageName(specifier);
      if (!isOurs(name)) return [];
      if (name === manifest.name) return [`${edge}: within a package, import by relative path`];
      if (allowed(layer.may, name) || (dynamic && allowed(layer.onDemand, name))) return [];
      return [`${edge}: ${rule(folder, layer, name)}`];
    });
  });
}

/**
 * The circles of imports within each package, each as one line. Imports of types count too: files that need each
 * other's types are read together, and one `type` less makes a circle at run time.
 */
export function circles(root: string): string[] {
  return packagesIn(["packages", "apps", "tooling", "verification", "examples"], root).flatMap(
    ({ folder }) => {
      const files = sourcesIn(join(root, folder));
      const known = new Set(files);
      const graph = new Map(
        files.map((file) => [
          file,
          importsOf(file, readFileSync(file, "utf8"))
            .map(({ specifier }) => sourceOf(file, specifier))
            .filter((target) => known.has(target)),
        ]),
      );
      return cyclesIn(graph).map(
        (circle) => `a circle of imports: ${circle.map((file) => relative(root, file)).join(" → ")}`,
      );
    },
  );
}

/** The source that a relative import names by what it is compiled to. */
const sourceOf = (file: string, specifier: string): string =>
  resolve(file, "..", specifier.replace(/\.([cm]?)js(x?)$/, ".$1ts$2"));

function rule(folder: string, { may, onDemand }: Layer, name: string): string {
  const who = folder.slice(folder.indexOf("/") + 1);
  if (allowed(onDemand, name)) return `${who} may load it only by import(), as an optional peer`;
  return may.length === 0
    ? `${who} may import nothing of ours`
    : `${who} may import only ${may.join(", ")} of ours`;
}

function allowed(patterns: readonly string[] = [], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

function isOurs(name: string): boolean {
  return name === "streamll" || name.startsWith("@streamll/");
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function sourcesIn(home: string): string[] {
  const folder = join(home, "src");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
    .map((name) => join(folder, name));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const broken = [...brokenEdges(repository), ...circles(repository)];
  for (const line of broken) console.error(line);
  console.log(
    `layers: ${broken.length === 0 ? "every import is allowed, and none runs in a circle" : `${broken.length} broken`}`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}
