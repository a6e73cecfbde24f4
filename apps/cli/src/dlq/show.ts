import type { ShownLetter } from "@streamll/consumer";
import { plainJson, printableJson } from "@streamll/core/internal";
import type { Task } from "./task.js";
import { cell, codeOf, counted, scannedText, target } from "./text.js";

/** Characters of data that are shown to people; --json has all. */
const MOST = 4000;

export async function show({ letters, selection, args, shell, notes }: Task): Promise<number> {
  const { stdout, interrupted: signal } = shell;
  const found = await letters.show({ ...selection, signal });
  for (const letter of found.letters) stdout.write(args.has("json") ? json(letter) : text(letter));
  if (!args.has("quiet"))
    notes.info(`${counted(found.letters.length, "dead letter")} (${scannedText(found)})`);
  return signal.aborted ? Number(signal.reason) : codeOf(found);
}

/** A body that is no event is base64, since it may be any bytes. */
function json({ body, event, ...letter }: ShownLetter): string {
  const content = event === undefined ? { body_base64: body.toString("base64") } : { event };
  return `${printableJson(JSON.stringify({ ...letter, ...content }, plain))}\n`;
}

const plain = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

function text(letter: ShownLetter): string {
  const {
    id,
    code,
    reason,
    type,
    module,
    failedAt,
    attempts,
    deliveries,
    replayed,
    queue,
    headers,
    event,
    body,
  } = letter;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["failure", `${cell(code)}: ${cell(reason)}`],
    ["failed at", failedAt?.toISOString()],
    [
      "event",
      [type, module]
        .filter((one) => one !== undefined)
        .map(cell)
        .join(" of "),
    ],
    ["meant for", target(letter)],
    ["queue", queue === undefined ? undefined : cell(queue)],
    ["attempts", attempts === undefined ? undefined : String(attempts)],
    ["replayed", replayed === 0 ? undefined : `${replayed} times`],
    ["deliveries", deliveries === undefined ? undefined : `${deliveries} before`],
    ["headers", cut(headers)],
    [
      event === undefined ? "body" : "data",
      event === undefined ? `${body.length} bytes, no event` : cut(event.data),
    ],
  ];
  const told = lines.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(11)} ${value}`],
  );
  return `${cell(id ?? "(no message-id)")}\n${told.join("\n")}\n`;
}

const cut = (value: Readonly<Record<string, unknown>>): string => {
  const shown = printableJson(plainJson(value, MOST) ?? "");
  return shown.length > MOST ? `${shown.slice(0, MOST)}…` : shown;
};
