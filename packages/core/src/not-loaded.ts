import { textOf } from "./error-text.js";
import { type StreamllError, TransportError, TransportNotInstalledError } from "./errors.js";

/** The line that lets esbuild put CommonJS, as the brokers' clients are, into an ES module. */
const banner =
  "--banner:js=\"import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\"";

/**
 * Why a package was not imported: it is not there, or cannot run. Importing it again helps in neither case. `reason`
 * is what asked for it.
 */
export function notLoaded(packageName: string, reason: string, cause: unknown): StreamllError {
  const text = textOf(cause);
  if (isMissing(packageName, text)) return new TransportNotInstalledError(packageName, reason, { cause });
  const hint = /dynamic require/i.test(text)
    ? `. Give esbuild ${banner}, or --format=cjs, or --packages=external`
    : "";
  return new TransportError("protocol", `${packageName} cannot be loaded: ${text.split("\n", 1)[0]}${hint}`, {
    cause,
    permanent: true,
  });
}

/** The package itself, and nothing that it misses, in the words of Node, Bun, Deno, Jest and of each bundler. */
const isMissing = (packageName: string, text: string): boolean =>
  ["'", '"'].some((quote) =>
    /(?:module|package|resolve|import) $/i.test(text.split(`${quote}${packageName}${quote}`, 1)[0]!),
  );
