import type { Fault } from "../fault.js";
import * as security from "../inflict/security.js";
import { alwaysUp, lostAndBack, neverLost } from "./checks.js";

/** Certificates and tokens. */
export const securityFaults: readonly Fault[] = [
  {
    number: 36,
    title: "TLS: certificate rotated under load, expired, of another host, of an unknown CA, and good again",
    over: { amqp: {}, streams: {}, amqp10: {} },
    inflict: security.badCertificates,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [
        /^degraded, .*TRANSPORT_TLS: .*expired.*Check the certificates/,
        /^degraded, .*TRANSPORT_TLS: .*elsewhere\.example.*Check the certificates/,
        /^degraded, .*TRANSPORT_TLS: .*(unable to verify|signature).*Check the certificates/,
      ],
      events: lostAndBack,
    },
  },
  {
    number: 37,
    title: "OAuth 2 token expires under load, refreshed by `credentials()`",
    over: {
      amqp: { expect: { also: alwaysUp } },
      // RabbitMQ 4.0 takes a new one only with a new connection.
      amqp10: { expect: { events: lostAndBack, also: neverLost } },
    },
    behaviour: "bringsTokens",
    inflict: security.tokensExpire,
    expect: {},
  },
];
