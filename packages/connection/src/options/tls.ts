import { types } from "node:util";
import { type Kind, record, shown } from "@streamll/core/options";
import type { UserTlsOptions } from "./connection-options.js";

const keys = ["ca", "cert", "key", "pfx", "passphrase", "servername", "minVersion"] as const;

/** What to write instead of some of Node's options. */
const instead: Readonly<Record<string, string>> = {
  rejectUnauthorized: "write sslVerify instead of rejectUnauthorized, beside tls",
  checkServerIdentity:
    "write the name that the certificate has as servername, instead of checkServerIdentity",
  host: "the host is that of amqpUrl; the name that the certificate has is servername",
  port: "the port is that of amqpUrl",
};

/** Never repeats a value. */
export const tls: Kind<UserTlsOptions> = record(
  "object",
  `an object with ${keys.join(", ")}`,
  (given: Readonly<Record<string, unknown>>) => {
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined) continue;
      if (Object.hasOwn(instead, key)) return instead[key];
      switch (key as (typeof keys)[number]) {
        case "ca":
        case "cert":
        case "key":
        case "pfx":
          if (![value].flat().every(isContent))
            return `${key} must be the content of a file, as a string or a Buffer, or a list of these`;
          if ([value].flat().some(isPath))
            return `${key} is the path of a file, and must be its content: write readFileSync(path)`;
          break;
        case "passphrase":
          if (typeof value !== "string") return "passphrase must be a string";
          break;
        case "servername":
          if (typeof value !== "string" || !/^[\p{L}\p{M}\p{N}._:-]{1,253}$/u.test(value))
            return "servername must be the name of a host";
          break;
        case "minVersion":
          if (value !== "TLSv1.2" && value !== "TLSv1.3") return `minVersion must be "TLSv1.2" or "TLSv1.3"`;
          break;
        default:
          return `has the unknown key ${shown(key)}; allowed are ${keys.join(", ")}`;
      }
    }
    return undefined;
  },
) as Kind<UserTlsOptions>;

const isContent = (value: unknown): boolean =>
  (typeof value === "string" || types.isUint8Array(value)) && value.length > 0;

/** Node takes no notice of a path: it trusts what it trusted before. */
const isPath = (value: unknown): boolean =>
  typeof value === "string" && /^[^\n]+\.(pem|crt|cer|key|p12|pfx)$/i.test(value);
