import { builtInType } from "./exchange-type.js";

/** RabbitMQ refuses to declare such a name, and makes some itself. */
export const isReserved = (name: string): boolean => name.startsWith("amq.");

export const RESERVED = "must not begin with amq., which is reserved for the broker";

/** Whether a program may declare it, or it is there in any case. */
export const isExchangeToBe = (name: string): boolean => !isReserved(name) || builtInType(name) !== undefined;

/** How the name of a queue begins that is derived from the exchange's. */
export const nameAfter = (exchange: string): string =>
  isReserved(exchange) ? `streamll_${exchange}` : exchange;

export const isTooLong = (name: string): boolean => Buffer.byteLength(name) > 255;
