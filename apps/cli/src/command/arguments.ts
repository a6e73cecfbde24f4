import { parseArgs } from "node:util";
import { closestName } from "@streamll/connection/internal";
import { UsageError } from "../exit.js";
import { camelCase, type Flag, kebabCase } from "./flags.js";

/** A parsed command line. Values are text, as they were written. */
export class Arguments {
  /** The words beside the options, but for the URL. */
  readonly positionals: string[] = [];
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.#values.set(name, [...this.all(name), value]);
  }

  /** All values of an option that may be given several times. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The last value wins. */
  get(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  has(name: string): boolean {
    return (this.get(name) ?? "false") !== "false";
  }

  choice<const T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    const given = this.get(name) ?? allowed[0];
    const found = allowed.find((one) => one === given);
    if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(", ")}`);
    return found;
  }

  /** A whole number, at least 1. */
  count(name: string): number | undefined {
    const given = this.get(name);
    if (given === undefined) return undefined;
    if (!/^[1-9]\d{0,14}$/.test(given)) throw new UsageError(`--${name} must be a whole number, at least 1`);
    return Number(given);
  }

  /** From 0, which is any that is free. */
  port(name: string): number | undefined {
    const given = this.get(name);
    if (given === undefined) return undefined;
    if (!/^\d{1,5}$/.test(given) || Number(given) > 65535)
      throw new UsageError(`--${name} must be a number from 0 (any that is free) to 65535`);
    return Number(given);
  }
}

/**
 * Parses a command line. Errors never contain a value, since it may be a password. A word that is a URL is the same as
 * `--url`.
 *
 * @throws UsageError
 */
export function readArguments(argv: readonly string[], flags: readonly Flag[]): Arguments {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      flags.map(({ name, letter, value }) => [
        name,
        { type: value === undefined ? "boolean" : "string", ...(letter && { short: letter }) },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const result = new Arguments();
  const urls: string[] = [];
  const hasUrl = flags.some(({ name }) => name === "url");
  for (const token of tokens) {
    if (token.kind === "option") addOption(result, token, flags);
    if (token.kind === "positional")
      (hasUrl && looksLikeUrl(token.value) ? urls : result.positionals).push(token.value);
  }
  for (const url of urls) {
    if (urls.length > 1)
      throw new UsageError("one URL only; several addresses of a cluster are several --url");
    if (result.get("url") !== undefined)
      throw new UsageError("write the URL once: as a word of its own, or as --url");
    result.add("url", url);
  }
  return result;
}

/** The name of a queue or of a file may have a colon. */
const looksLikeUrl = (word: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/|^Endpoint=|^memory:/i.test(word);

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function addOption(result: Arguments, token: OptionToken, flags: readonly Flag[]): void {
  const { name, rawName, value, inlineValue } = token;
  const flag = flags.find((one) => one.name === name);
  if (flag === undefined) {
    const negated = flags.find((one) => one.negatable && name === `no-${one.name}`);
    if (negated === undefined)
      throw new UsageError(`unknown option${printableName(rawName)}${hint(name, flags)}`);
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    result.add(negated.name, "false");
  } else if (flag.value === undefined) {
    if (value !== undefined && !flag.negatable) throw new UsageError(`${rawName} takes no value`);
    result.add(name, value ?? "true");
  } else if (value === undefined) {
    throw new UsageError(`${rawName} requires a value: ${rawName} ${flag.value}`);
  } else if (!inlineValue && /^-./.test(value)) {
    throw new UsageError(`${rawName} requires a value; write one that begins with - as --${name}=VALUE`);
  } else result.add(name, value);
}

/** A URL behind a dash may have a password. */
const printableName = (rawName: string): string => (/^--?[\w-]{1,60}$/.test(rawName) ? ` ${rawName}` : "");

function hint(name: string, flags: readonly Flag[]): string {
  const meant = closestName(
    name,
    flags.map((flag) => camelCase(flag.name)),
  );
  return meant === undefined ? "" : `; did you mean --${kebabCase(meant)}?`;
}
