import { number } from "../chaos-text.js";
import { megabytes } from "../judge.js";
import type { Outage, OutageRun } from "./outage.js";
import type { SlowDisk, SlowDiskSeen } from "./slow-disk.js";

/** Markdown. */
export function outageText(
  { seen, lost, twice }: OutageRun,
  { events, perSecond, meanwhile }: Pick<Outage, "events" | "perSecond" | "meanwhile">,
  version: string,
): string {
  const {
    fillSeconds,
    diskBytes,
    filling,
    draining,
    accepted,
    drainSeconds,
    drainRate,
    plainRate,
    leftBytes,
  } = seen;
  const phase = ({ rssBytes, delayP99Ms, delayMaxMs }: typeof filling) =>
    `resident at most ${megabytes(rssBytes)} MB, event-loop delay p99 ${delayP99Ms.toFixed(1)} ms, max ${delayMaxMs.toFixed(0)} ms`;
  return (
    `**${number(events)} events while the broker is down**, ${number(perSecond)} a second, to a stream of RabbitMQ ${version}: ` +
    `${number(fillSeconds)} s, ${megabytes(diskBytes)} MB on disk; ${phase(filling)}. ` +
    `Once the broker was up, ${number(drainRate)} events a second were delivered for ${number(drainSeconds)} s, while ${number(meanwhile)} new ones a second came ` +
    `(${Math.round((100 * drainRate) / plainRate)} % of the ${number(plainRate)} of the same sink without a spool); ${phase(draining)}. ` +
    `Of ${number(accepted)} accepted events ${number(lost)} were lost and ${number(twice)} came twice; ${number(leftBytes)} bytes were left on disk.`
  );
}

export const slowDiskText = (
  { offered, refused, diskMs, p50Ms, p99Ms, maxMs }: SlowDiskSeen,
  { bytesPerSecond, eventsPerSecond, seconds }: SlowDisk,
): string =>
  `**A disk that takes ${megabytes(bytesPerSecond)} MB a second**, and a program that makes ${number(eventsPerSecond)} events a second for ${number(seconds)} s, ` +
  `some ${megabytes(eventsPerSecond * EVENT_BYTES)} MB: the disk held a turn of the event loop for ${diskMs.toFixed(1)} ms at most (20 allowed). ` +
  `Event-loop delay, of whatever runs on the machine: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms (20 allowed), max ${maxMs.toFixed(1)} ms. ` +
  `Of ${number(offered)} events ${number(refused)} were refused for want of room, and each of the others was delivered.`;

/** Of an event on disk, about. */
const EVENT_BYTES = 620;
