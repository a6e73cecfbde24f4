import { type Fsync, redactedDeeply, type SpoolMode } from "@streamll/core/internal";
import {
  boolean,
  choice,
  isRecord,
  isRefusal,
  jsonFromText,
  type Kind,
  Refusal,
  type SizeText,
  shown,
  size,
  text,
} from "@streamll/core/options";

const MiB = 2 ** 20;

/** The option `spool`, resolved. */
export interface SpoolOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly fsync: Fsync;
  readonly mode: SpoolMode;
  readonly required: boolean;
}

/** The option `spool` as it is given. */
export interface UserSpool {
  /** Holds a folder for each program that writes there. It is made if it is missing. */
  readonly directory: string;
  /** Bytes of the files of this program. Default 1 GiB. */
  readonly maxBytes?: number | SizeText | undefined;
  /** When the operating system is told to write to the disk: what survives a loss of power. Default `"interval"`: every second. */
  readonly fsync?: Fsync | undefined;
  /**
   * `"write-ahead"`: every event goes to disk, and survives a SIGKILL. `"overflow"`: events go to disk once memory fills,
   * when the sink stops, and for `spooled()`. Default `"write-ahead"`.
   */
  readonly mode?: SpoolMode | undefined;
  /** Whether a directory that cannot be written fails `start()`; else the sink goes on in memory. Default `true`. */
  readonly required?: boolean | undefined;
}

const kinds = {
  directory: text(),
  maxBytes: size(16 * MiB, 1024 * 1024 * MiB),
  fsync: choice("interval", "always", "never"),
  mode: choice("write-ahead", "overflow"),
  required: boolean,
};
const defaults = { maxBytes: 1024 * MiB, fsync: "interval", mode: "write-ahead", required: true };
const names = Object.keys(kinds) as (keyof typeof kinds)[];

/** The directory alone, or an object. */
export const spool: Kind<SpoolOptions, string | UserSpool> = {
  type: "directory or `{ directory, maxBytes, fsync, mode, required }`",
  allowed: `a directory or an object with directory, maxBytes (${kinds.maxBytes.allowed}), fsync (${kinds.fsync.allowed}), mode (${kinds.mode.allowed}) and required (${kinds.required.allowed})`,
  read(value) {
    const given: unknown = typeof value === "string" ? { directory: value } : value;
    if (!isRecord(given)) return new Refusal("");
    const unknown = Object.keys(given).find((key) => !names.includes(key as keyof typeof kinds));
    if (unknown !== undefined)
      return new Refusal(`has the unknown key ${shown(unknown)}; allowed are ${names.join(", ")}`);
    const read: Record<string, unknown> = {};
    for (const name of names) {
      const one = kinds[name].read(given[name] ?? (defaults as Record<string, unknown>)[name]);
      if (isRefusal(one)) return new Refusal(`${name} must be ${kinds[name].allowed}`);
      read[name] = one;
    }
    return read as unknown as SpoolOptions;
  },
  fromText: (given) => (given.trimStart().startsWith("{") ? jsonFromText(given) : given),
  show: ({ maxBytes, ...rest }) => redactedDeeply({ ...rest, maxBytes: kinds.maxBytes.show!(maxBytes) }),
};
