import { printableJson, told } from "@streamll/core/internal";
import pc from "picocolors";
import type { Checked, Finding, Status } from "./finding.js";
import { reasons } from "./reasons.js";
import { count } from "./words.js";

const marks = { ok: "✓", warning: "!", failed: "✗", unknown: "?" } as const satisfies Record<Status, string>;
const PAGE = "https://github.com/streamll/streamll-js/blob/main/docs/doctor.md";
const SCHEMA = "streamll.doctor/1";

/** Gives a check as lines for people. */
export function lineRenderer(colour: boolean): (checked: Checked) => string {
  const { green, yellow, red, dim } = pc.createColors(colour);
  const paint = { ok: green, warning: yellow, failed: red, unknown: dim };
  return ({ id, findings }) =>
    findings
      .map(({ status, detail, remedy }, index) => {
        const head = ` ${paint[status](marks[status])} ${(index === 0 ? id : "").padEnd(9)} ${told(detail)}`;
        const advice = remedy === undefined ? [] : [remedy.text, ...(remedy.commands ?? [])];
        return [
          head,
          ...advice.map((line, nth) => `${" ".repeat(13)}${nth === 0 ? "→" : " "} ${told(line)}`),
        ].join("\n");
      })
      .join("\n");
}

/** How many there are of each. */
export function summaryOf(all: readonly Checked[]): string {
  const findings = all.flatMap((checked) => checked.findings);
  const number = (status: Status) => findings.filter((one) => one.status === status).length;
  return `${number("failed")} failed, ${count(number("warning"), "warning")}, ${number("unknown")} unknown of ${findings.length}`;
}

/** Whether nothing failed; `strict`: and nothing warns. */
export const isWell = (all: readonly Checked[], strict: boolean): boolean =>
  all.every(({ findings }) =>
    findings.every(({ status }) => status !== "failed" && !(strict && status === "warning")),
  );

/** Whether an option is wrong, so that nothing was tried. */
export const isMisconfigured = (all: readonly Checked[]): boolean =>
  all.some(({ findings }) => findings.some(({ code }) => code === "CONFIGURATION"));

export function documentOf(all: readonly Checked[], strict: boolean): string {
  const document = {
    schema: SCHEMA,
    ok: isWell(all, strict),
    checks: all.flatMap(({ id, findings, ms }) => findings.map((finding) => entry(id, finding, ms))),
  };
  return printableJson(JSON.stringify(document));
}

const entry = (id: string, { status, code, reason, detail, remedy }: Finding, ms: number) => ({
  id,
  status,
  ...(code === undefined ? {} : { code }),
  ...(reason === undefined ? {} : { reason, title: reasons[reason], link: `${PAGE}#${reason}` }),
  detail: told(detail),
  ...(remedy === undefined
    ? {}
    : { remedy: { text: told(remedy.text), commands: (remedy.commands ?? []).map(told) } }),
  ms,
});
