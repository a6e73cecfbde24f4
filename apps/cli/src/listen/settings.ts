import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { parseSize } from "@streamll/core/internal";
import type { Arguments } from "../command/arguments.js";
import { UsageError } from "../exit.js";
import { tokenCheck } from "./token.js";

/** The options of the command that are not the sink's. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly confirm: boolean;
  readonly maxBody: number;
  readonly allows: ((authorization: string | undefined) => boolean) | undefined;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** @throws UsageError */
export function settingsOf(args: Arguments, env: NodeJS.ProcessEnv): Settings {
  const file = args.get("token-file");
  const token = file === undefined ? env.STREAMLL_LISTEN_TOKEN : read(file, "token-file").toString().trim();
  if (token !== undefined && !/^[\x21-\x7e]{8,}$/.test(token))
    throw new UsageError("the token must be at least 8 printable characters of ASCII, without spaces");
  const [cert, key] = [args.get("https-cert"), args.get("https-key")];
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError("--https-cert and --https-key go together");
  return {
    host: args.get("host") ?? "127.0.0.1",
    port: args.port("port") ?? 4318,
    confirm: args.has("confirm"),
    maxBody: bodySize(args.get("max-body") ?? "16MiB"),
    allows: token === undefined ? undefined : tokenCheck(token),
    tls: cert === undefined || key === undefined ? undefined : certificate(cert, key),
  };
}

function certificate(certFile: string, keyFile: string): Settings["tls"] {
  const tls = { cert: read(certFile, "https-cert"), key: read(keyFile, "https-key") };
  try {
    createSecureContext(tls);
    return tls;
  } catch {
    throw new UsageError("--https-cert and --https-key must be a certificate and its own key, as PEM");
  }
}

function bodySize(text: string): number {
  try {
    return parseSize(text);
  } catch {
    throw new UsageError("--max-body must be a size such as 16MiB");
  }
}

function read(path: string, flag: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`--${flag}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
