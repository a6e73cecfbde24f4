import * as bus from "../inflict/service-bus.js";
import type { Row } from "../row.js";
import { alwaysUp, lostAndBack, neverLost } from "./checks.js";

const rows: readonly Omit<Row, "over">[] = [
  {
    number: 78,
    title: "Service Bus: tokens that live 3 s renewed for 5 s of load",
    fast: true,
    behaviour: "bringsKeysForAWhile",
    load: { events: 5000 },
    inflict: bus.tokensRenewed,
    expect: { duplicated: "none", also: alwaysUp },
  },
  {
    number: 79,
    title: "Service Bus: tokens that live 3 s renewed for 60 s of load",
    behaviour: "bringsKeysForAWhile",
    load: { events: 60_000 },
    inflict: bus.tokensRenewed,
    expect: { duplicated: "none", also: alwaysUp },
  },
  {
    number: 80,
    title: "Service Bus: renewal refused until the token has expired, then taken",
    fast: true,
    behaviour: "bringsKeysForAWhile",
    inflict: bus.renewalRefused,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_AUTH.*Check the key/],
      events: lostAndBack,
      log: [/^warn token_not_renewed/, /^error connect_refused TRANSPORT_AUTH/],
    },
  },
  {
    number: 81,
    title: "Service Bus: throttled for 10 s (`com.microsoft:server-busy`)",
    inflict: bus.throttled,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      health: [/^degraded, blocked: .*server-busy/, /^problem TRANSPORT_BLOCKED/],
      events: ["blocked", "unblocked", "problem", "solved"],
      also: neverLost,
    },
  },
  {
    number: 82,
    title: "Service Bus: link detached in the middle of a batch",
    fast: true,
    inflict: bus.detached,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 2000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*amqp:link:detach-forced/],
    },
  },
  {
    number: 83,
    title: "Service Bus: connection closed (`amqp:connection:forced`)",
    fast: true,
    inflict: bus.connectionsForced,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 2000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*amqp:connection:forced/],
    },
  },
  {
    number: 84,
    title: "Service Bus: queue disabled under load, then enabled",
    inflict: bus.disabled,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_BLOCKED.*enable it/],
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_BLOCKED/],
    },
  },
];

export const serviceBusRows: readonly Row[] = rows.map((row) => ({ ...row, over: "service-bus" }));
