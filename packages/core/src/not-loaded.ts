import { textOf } from "./error-text.js";
import { type StreamllError, TransportError, TransportNotInstalledError } from "./errors.js";

/** The line that lets esbuild bundle the brokers' clients, which are CommonJS, into an ES module. */
const banner =
  "--banner:js=\"import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\"";

/**
 * Why a package was not imported: it is not installed, or cannot run. Importing it again helps in neither case. `reason`
 * is what required it.
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

/** Matches the errors of Node, Bun, Deno, Jest and each bundler for a missing package, but not for its dependencies. */
const isMissing = (packageName: string, text: string): boolean =>
  ["'", '"'].some((quote) =>
    /(?:module|package|resolve|import) $/i.test(text.split(`${quote}${packageName}${quote}`, 1)[0]!),
  );
