import type { Endpoints } from "../delivery/connection/endpoints.js";
import type { Pool } from "../delivery/connection/pool.js";
import type { Lane } from "../delivery/lane/lane.js";
import { CHECK_THE_BROKER } from "../delivery/lane/patience.js";
import type { Problem } from "../delivery/report.js";
import type { LogName } from "./log-lines.js";
import type { Recent } from "./log-throttle.js";

/** A confirm, or room in the socket's buffer, that is late by this much is reported. */
const LATE_MS = 5000;
const FILLING = 0.8;

export interface Circumstances {
  readonly now: number;
  readonly pool: Pool;
  readonly endpoints: Endpoints;
  readonly confirmTimeoutMs: number;
  readonly events: number;
  readonly maxEvents: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly spool: readonly Problem[];
  /** What has no room in memory goes to the disk. */
  readonly spools: boolean;
  readonly recent: readonly Recent[];
}

/** A problem, and its log line, if nothing else logs it. */
export interface HealthIssue extends Problem {
  /** Identifies the problem. */
  readonly about: string;
  /** Whether the problem is a connection that is down. */
  readonly outage?: boolean;
  readonly line?: LogName & ("congested" | "unanswered" | "buffer_filling");
}

/** All current problems, each once. */
export function findIssues(circumstances: Circumstances): HealthIssue[] {
  const issues = [
    ...outagesIn(circumstances),
    ...stallsIn(circumstances),
    ...limitOf(circumstances),
    ...seenBy(circumstances),
    ...fillingOf(circumstances),
    ...spoolOf(circumstances),
    ...circumstances.recent.map(({ code, message }) => ({ about: `events ${code}`, code, message })),
  ];
  return [...new Map(issues.map((issue) => [issue.about, issue])).values()];
}

function outagesIn({ now, pool: { lanes }, endpoints }: Circumstances): HealthIssue[] {
  const down = lanes.filter((lane) => !lane.connected);
  const share =
    down.length === lanes.length ? "" : `${down.length} of ${lanes.length} connections are down: `;
  const circuit = endpoints.circuitState === "open" ? `. ${nextTry(endpoints, now)}` : "";
  return down.map((lane) => {
    const { error, since } = lane.outage ?? { since: now };
    const message =
      error?.message ?? `not connected yet, for ${seconds(now - since)}: ${addresses(endpoints)}`;
    const code = error?.code ?? "TRANSPORT_UNREACHABLE";
    return { about: `outage ${code}`, outage: true, code, message: `${share}${message}${circuit}` };
  });
}

function nextTry({ states }: Endpoints, now: number): string {
  const wait = Math.min(...states.map(({ breaker }) => breaker.openUntil)) - now;
  return `The circuit is open after several failures: the next try is in ${seconds(Math.max(0, wait))}`;
}

const addresses = ({ states }: Endpoints) => states.map(({ endpoint }) => endpoint.label).join(", ");

function stallsIn({ pool: { lanes }, confirmTimeoutMs }: Circumstances): HealthIssue[] {
  const late = Math.min(LATE_MS, confirmTimeoutMs / 2);
  const blocked = lanes.filter((lane) => lane.blocked !== undefined);
  const congested = lanes.filter((lane) => lane.congestion >= late);
  const silent = lanes.filter((lane) => lane.silence >= late && !congested.includes(lane));
  const issues: HealthIssue[] = [];
  if (blocked.length > 0) {
    issues.push({
      about: "blocked",
      code: "TRANSPORT_BLOCKED",
      message: `${placesOf(blocked, lanes)}: the broker blocks publishing: ${blocked[0]!.blocked}. Events wait in the buffer: free the broker's memory or disk, or consume its queues`,
    });
  }
  if (congested.length > 0) {
    const longest = Math.max(...congested.map((lane) => lane.congestion));
    issues.push({
      about: "congested",
      code: "TRANSPORT_THROTTLED",
      message: `${placesOf(congested, lanes)}: the network has taken nothing more for ${seconds(longest)}: the broker slows its publishers down (flow control), or the link is slow. Check the broker's load and the link's rate`,
      line: "congested",
    });
  }
  if (silent.length > 0) {
    const longest = Math.max(...silent.map((lane) => lane.silence));
    issues.push({
      about: "unanswered",
      code: "TRANSPORT_TIMEOUT",
      message: `${placesOf(silent, lanes)}: no answer for ${seconds(longest)}; given up after ${seconds(confirmTimeoutMs)} (confirmTimeout). ${CHECK_THE_BROKER}`,
      line: "unanswered",
    });
  }
  return issues;
}

function placesOf(some: readonly Lane[], all: readonly Lane[]): string {
  const places = [...new Set(some.map(({ endpoint }) => endpoint))].join(", ");
  return some.length === all.length ? places : `${places} (${some.length} of ${all.length} connections)`;
}

function limitOf({ pool: { size, lowered } }: Circumstances): HealthIssue[] {
  if (lowered === 0) return [];
  const message = `going on with ${size - lowered} of ${size} connections, as the broker allows no more: raise its limit for the virtual host or user, or lower connectionPoolSize`;
  return [{ about: "limit", code: "TRANSPORT_THROTTLED", message }];
}

function seenBy({ pool: { lanes } }: Circumstances): HealthIssue[] {
  const problems = lanes.map(({ problem }) => problem).filter((problem) => problem !== undefined);
  return problems.map(({ code, message }) => ({ about: `seen ${message}`, code, message }));
}

function spoolOf({ spool }: Circumstances): HealthIssue[] {
  return spool.map(({ code, message }) => ({ about: `spool ${code}`, code, message }));
}

function fillingOf({ events, maxEvents, bytes, maxBytes, spools }: Circumstances): HealthIssue[] {
  const share = Math.max(events / maxEvents, bytes / maxBytes);
  if (share < FILLING) return [];
  const advice = spools
    ? "what has no room waits in the spool"
    : "await ready(), or raise maxBufferedEvents or maxBufferedBytes";
  const message = `the buffer is ${Math.round(share * 100)} % full (${events} events, ${bytes} bytes): events arrive faster than the broker accepts them. Check the other problems; ${advice}`;
  return [{ about: "buffer", code: "BUFFER_FULL", message, line: "buffer_filling" }];
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
