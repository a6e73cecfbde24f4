/** Where this machine's apt has Debian from, and the keyring by which it trusts that. */
export interface Mirror {
  readonly url: string;
  readonly keyring?: string;
}

/**
 * @param targets What `apt-get indextargets` prints.
 * @param read Reads a file of apt's sources.
 */
export function mirrorIn(targets: string, read: (path: string) => string): Mirror | undefined {
  const debian = targets
    .split("\n\n")
    .map(fieldsOf)
    .find((of) => of.Origin === "Debian" && of.Component === "main" && /^[a-z]+$/.test(of.Codename ?? ""));
  const url = debian?.["Repo-URI"];
  if (!url) return undefined;
  const sources = debian.Sourcesentry?.replace(/:\d+$/, "");
  const keyring = sources && keyringFor(url, read(sources), sources.endsWith(".sources") ? /\n\s*\n/ : /\n/);
  return keyring ? { url, keyring } : { url };
}

/** In the entry that names the URL: `Signed-By: FILE`, or `[signed-by=FILE]` on one line. */
function keyringFor(url: string, sources: string, separator: RegExp): string | undefined {
  const entry = sources.split(separator).find((text) => text.includes(url.replace(/\/$/, "")));
  return entry && /signed-by[:=]\s*(\/[^\s\],]+)/i.exec(entry)?.[1];
}

function fieldsOf(stanza: string): Record<string, string | undefined> {
  return Object.fromEntries(
    [...stanza.matchAll(/^([\w-]+): (.*)$/gm)].map(([, name, value]) => [name, value]),
  );
}
