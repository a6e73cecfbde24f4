/** Why events do not arrive: the sections of docs/doctor.md, by their anchor. */
export const reasons = {
  options: "The options cannot work",
  unreachable: "Nobody answers at the address",
  login: "The broker refuses the login",
  "guest-elsewhere": "The user guest is for the broker's own machine",
  "virtual-host": "The URL names another virtual host",
  permission: "The user lacks a right",
  "tls-port": "TLS and the port do not fit",
  certificate: "The certificate is not accepted, or ends soon",
  "connection-limit": "The broker allows no more connections",
  "channel-limit": "The broker allows no more channels",
  "advertised-host": "A stream's leader cannot be reached by the address that the broker gives",
  "service-bus-port": "The network closes port 5671 to Service Bus",
  missing: "The exchange, queue or stream is not there",
  conflict: "It exists with other settings",
  "no-binding": "No queue takes the events",
  "queue-drops": "A queue may drop confirmed events",
  expiry: "Events expire, or the queue does",
  "no-reader": "Nobody reads the queue",
  "stuck-reader": "The readers have stopped",
  alarm: "The broker takes nothing: memory or disk",
  entity: "The queue or topic of Service Bus is disabled, full or unread",
  clock: "The clocks differ",
  "idle-cut": "Something between cuts idle connections",
  "not-confirmed": "The program does not wait for the broker",
} as const;

export type Reason = keyof typeof reasons;
