import { ConfigurationError } from "../errors.js";
import type { StreamllEvent } from "../event/event.js";
import { quoted, redacted } from "../redact.js";
import { knownPlaceholders, type Placeholder, placeholderOf } from "./placeholder.js";
import { cutToFit, maxWordLength, topicWord } from "./topic-word.js";

/** AMQP's limit for a routing key, in bytes of UTF-8. */
const maxKeyBytes = 255;

/** The limit for a template, which is longer than its keys by the names of its placeholders. */
const maxTemplateLength = 4096;
/** An error does not show a longer template, in which the marked place would be hard to see. */
const maxShownLength = 300;

/** A routing-key template, compiled. */
export interface Template {
  /** The routing key of an event: as many words as the template has, at most 255 bytes. Never throws. */
  render(event: StreamllEvent): string;
  /** The topic pattern that all its keys match, each word with a placeholder being `*`: `streamll.*.*`. */
  readonly binding: string;
  /** The words before the first one with a placeholder: `team.rag`, or `""`. */
  readonly literalHead: string;
  /** The names of its placeholders, in order. */
  readonly placeholders: readonly string[];
}

/**
 * Compiles a routing-key template such as `streamll.{event_type}.{data.user.plan}`. One without placeholders is a
 * constant, and may be empty.
 *
 * @param option Named in the error.
 * @throws ConfigurationError that shows the template with the place marked: an unknown placeholder, an unbalanced
 *   brace, a wildcard, or no room for a character of each value in 255 bytes.
 * @example
 * const template = compileTemplate("errors.{module_name}");
 * template.render(createEvent({ eventType: "error", moduleName: "RAG" })); // "errors.RAG"
 */
export function compileTemplate(template: string, { option = "routingKey" } = {}): Template {
  const { literals, names, values } = parse(template, option);
  const room = maxKeyBytes - Buffer.byteLength(literals.join(""));
  if (room < names.length) {
    const message = `is too long: a routing key has at most ${maxKeyBytes} bytes, with one or more for each placeholder`;
    throw new ConfigurationError([{ option, message }]);
  }
  const words = template.replace(/\{[^{}]*\}/g, "{}").split(".");
  const first = words.findIndex((word) => word.includes("{}"));
  return {
    render: names.length === 0 ? () => template : renderer(literals, values, room),
    binding: words.map((word) => (word.includes("{}") ? "*" : word)).join("."),
    literalHead: words.slice(0, first < 0 ? undefined : first).join("."),
    placeholders: names,
  };
}

function parse(template: string, option: string) {
  const fail = (at: number, message: string): never => {
    // A URL that was passed as a template by mistake may contain a password.
    const isShown = template.length <= maxShownLength && redacted(template) === template;
    // Control characters would shift the caret.
    const shown = `\n  ${template.replace(/\p{Cc}/gu, " ")}\n  ${" ".repeat(at)}^`;
    throw new ConfigurationError([{ option, message: isShown ? `${message}${shown}` : message }]);
  };
  if (template.length > maxTemplateLength)
    fail(0, `is too long: a template has at most ${maxTemplateLength} characters`);
  const names: string[] = [];
  const values: Placeholder[] = [];
  const literals: string[] = [];
  let at = 0;
  // Literals and placeholders alternate.
  for (const [i, part] of template.split(/(\{[^{}]*\})/).entries()) {
    if (i % 2 === 0) {
      const brace = part.search(/[{}]/);
      if (brace >= 0)
        fail(at + brace, part[brace] === "{" ? "this { is not closed" : "this } closes nothing");
      literals.push(part);
    } else {
      const name = part.slice(1, -1);
      names.push(name);
      values.push(
        placeholderOf(name) ??
          fail(at + 1, `unknown placeholder ${quotedName(part)}; known are ${knownPlaceholders}`),
      );
    }
    at += part.length;
  }
  const filled = template.replace(/\{[^{}]*\}/g, (part) => "x".repeat(part.length));
  const wildcard = filled.search(/(?<![^.])[*#](?![^.])/);
  if (wildcard >= 0)
    fail(wildcard, `the word ${template[wildcard]} is a wildcard of bindings; a key has none`);
  return { names, values, literals };
}

/** The placeholder as written, if it can be a name at all. */
const quotedName = (part: string): string => (/^\{[\w .$-]{0,60}\}$/.test(part) ? part : quoted(part));

function renderer(literals: readonly string[], values: readonly Placeholder[], room: number) {
  const alwaysFits = values.length * maxWordLength <= room;
  // Consecutive events mostly have the same key, and share one string, which a full buffer holds once.
  let last = "";
  const found: unknown[] = values.map(() => undefined);
  return (event: StreamllEvent): string => {
    let isLast = last !== "";
    for (let i = 0; i < values.length; i++) {
      const value = read(values[i]!, event);
      if (value === found[i]) continue;
      found[i] = value;
      isLast = false;
    }
    if (isLast) return last;
    let words: readonly string[] = found.map(topicWord);
    if (!alwaysFits) words = cutToFit(words, room);
    let key = literals[0]!;
    for (let i = 0; i < words.length; i++) key += words[i]! + literals[i + 1]!;
    if (key !== last) last = key;
    return last;
  };
}

/** Keeps only values that are words. A getter in `data` may throw. */
function read(placeholder: Placeholder, event: StreamllEvent): unknown {
  try {
    const value = placeholder(event);
    return typeof value === "object" || typeof value === "function" ? undefined : value;
  } catch {
    return undefined;
  }
}
