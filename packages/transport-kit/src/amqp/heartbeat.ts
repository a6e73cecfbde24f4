/**
 * What AMQP 0-9-1 and streams agree on, of the option `heartbeatMs`: whole seconds, in 16 bits. 0 switches it off, so
 * that half a second must not become it.
 */
export const heartbeatSeconds = (milliseconds: number): number =>
  milliseconds === 0 ? 0 : Math.min(Math.max(1, Math.round(milliseconds / 1000)), 0xffff);
