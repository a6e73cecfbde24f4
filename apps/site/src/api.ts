import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Application, type TypeDocOptions } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { repository } from "./pages.js";

/** What a program imports: its page is `api/PATH.md`. */
interface ApiModule {
  readonly name: string;
  readonly path: string;
  /** From the root of the repository. */
  readonly entry: string;
}

/** Of each package that is published: all that can be imported but what only our own packages may. */
export const apiModules: readonly ApiModule[] = readdirSync(join(repository, "packages")).flatMap(
  (folder) => {
    const manifest = JSON.parse(readFileSync(join(repository, "packages", folder, "package.json"), "utf8"));
    const subpaths = Object.keys(manifest.exports).map((subpath) => subpath.slice(1));
    return subpaths.flatMap((subpath) => {
      const files = [`src${subpath}/index.ts`, `src${subpath}.ts`].map(
        (file) => `packages/${folder}/${file}`,
      );
      const entry = files.find((file) => existsSync(join(repository, file)));
      const isPublic = !/\/(internal|register)$/.test(subpath);
      const path = (folder + subpath).replaceAll("/", "-");
      return entry && isPublic ? [{ name: manifest.name + subpath, path, entry }] : [];
    });
  },
);

const nameOf = (path: string) => apiModules.find((module) => module.path === path)?.name ?? path;

/**
 * Writes a page for each module.
 * @throws Error where TypeDoc reports one.
 */
export async function writeApi(folder: string): Promise<void> {
  const options: TypeDocOptions & PluginOptions = {
    plugin: ["typedoc-plugin-markdown"],
    outputs: [{ name: "markdown", path: folder }],
    tsconfig: join(repository, "tsconfig.json"),
    basePath: repository,
    entryPoints: apiModules.map(({ entry }) => join(repository, entry)),
    skipErrorChecking: true, // `npm run types` checks
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    disableGit: true,
    sourceLinkTemplate: "https://github.com/streamll/streamll-js/blob/main/packages/{path}#L{line}",
    readme: "none",
    logLevel: "Error",
    outputFileStrategy: "modules",
    flattenOutputFiles: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    useHTMLEncodedBrackets: true,
    sanitizeComments: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    useHTMLAnchors: true,
    pageTitleTemplates: { module: ({ rawName }) => nameOf(rawName) },
  };
  const app = await Application.bootstrapWithPlugins(options);
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc could not read the sources");
  for (const module of project.children ?? []) {
    const entry = module.sources?.[0]?.fileName;
    const known = apiModules.find((candidate) => candidate.entry === entry);
    if (known) module.name = known.path;
  }
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error("TypeDoc reported errors");
}
