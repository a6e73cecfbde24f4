import type { Fault } from "../fault.js";
import * as bus from "../inflict/service-bus.js";
import { alwaysUp, lostAndBack, neverLost } from "./checks.js";

/** Of Azure Service Bus alone. */
export const serviceBusFaults: readonly Fault[] = [
  {
    number: 45,
    title: "tokens that live 3 s renewed for 5 s of load",
    fast: true,
    over: { "service-bus": {} },
    behaviour: "bringsKeysForAWhile",
    load: { events: 5000 },
    inflict: bus.tokensRenewed,
    expect: { also: alwaysUp },
  },
  {
    number: 46,
    title: "tokens that live 3 s renewed for 60 s of load",
    over: { "service-bus": {} },
    behaviour: "bringsKeysForAWhile",
    load: { events: 60_000 },
    inflict: bus.tokensRenewed,
    expect: { also: alwaysUp },
  },
  {
    number: 47,
    title: "renewal refused until the token has expired, then taken",
    fast: true,
    over: { "service-bus": {} },
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
    number: 48,
    title: "throttled for 10 s (`com.microsoft:server-busy`)",
    over: { "service-bus": {} },
    inflict: bus.throttled,
    expect: {
      recoveredWithinMs: 3000,
      health: [/^degraded, blocked: .*server-busy/, /^problem TRANSPORT_BLOCKED/],
      events: ["blocked", "unblocked", "problem", "solved"],
      also: neverLost,
    },
  },
  {
    number: 49,
    title: "link detached in the middle of a batch",
    fast: true,
    over: { "service-bus": {} },
    inflict: bus.detached,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 2000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*amqp:link:detach-forced/],
    },
  },
  {
    number: 50,
    title: "connection closed (`amqp:connection:forced`)",
    fast: true,
    over: { "service-bus": {} },
    inflict: bus.connectionsForced,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 2000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*amqp:connection:forced/],
    },
  },
  {
    number: 51,
    title: "queue disabled under load, then enabled",
    over: { "service-bus": {} },
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
