import type { Row } from "./row.js";
import { amqp10Rows } from "./rows/amqp10.js";
import { amqp091Rows } from "./rows/amqp091.js";
import { serviceBusRows } from "./rows/service-bus.js";
import { streamRows } from "./rows/streams.js";

/**
 * Every fault and what has to come out of it, written before the first run. A row without `inflict` is not built yet:
 * `npm run faults` says so and fails.
 */
export const matrix: readonly Row[] = [...amqp091Rows, ...streamRows, ...amqp10Rows, ...serviceBusRows];
