import { consumingRules } from "./consuming/rules.js";

/** The contract of the transport seam, as rules. The text says what `transport.ts` of `@streamll/core` says. */
export const rules = {
  ...consumingRules,
  capabilities:
    "capabilities are plain data, true of every connection: each a boolean; maxMessageBytes above 0.",
  connects: "connect() opens one connection, and gives it with publish, onFlow, close and closed.",
  "connect-rejects": "connect() rejects with a TransportError, classified by kind.",
  "connect-aborts":
    "When its signal aborts, connect() closes everything that it opened and rejects; a connection that it gives all the same is good for use.",
  lifetime:
    "A batch gives each message until it is settled. What it gave is valid until the next one is asked for and no longer than the turn, the bytes of a body until the message is settled: what must stay is taken out, or detached.",
  "connect-times-out":
    "connect() rejects by itself once connectionTimeoutMs are over, whatever it waits for: name, TCP, TLS or handshake.",
  "flow-at-once": "The listener given to onFlow() hears the present state at once, before onFlow() returns.",
  "flow-credit": "credit is how many more messages may be handed over: a whole number from 0, or Infinity.",
  "flow-blocked": "While the broker takes nothing credit is 0, and blocked says why; each change is told.",
  "publish-never-throws": "publish() never throws for one message's sake: that one is settled as refused.",
  "settle-range":
    "settle(from, to) names messages from up to but not including to: 0 <= from < to <= batch length.",
  "settled-once": "Each message is settled at most once.",
  "settled-all": "A broker that answers settles every message, the last of a batch too.",
  "outcome-kind":
    "An outcome is confirmed, written, refused or unknown; written only where confirms are off; refused has its TransportError.",
  delivers: "A healthy broker's answer is passed on: a message that it took is not refused and not unknown.",
  "confirmed-is-stored": "confirmed means that the broker has it.",
  "written-arrives": "written means handed to the network: close() in good order does not lose it.",
  "refused-is-not-stored": "refused means certainly not stored; what may be stored is unknown.",
  "throttled-is-told":
    "A broker that is busy or full accuses no message: what it refuses is refused as throttled, not permanent; or it blocks, or ends the connection.",
  "refusal-is-told": "What the broker refused is settled as refused, and its neighbours as what they are.",
  "stored-intact": "The broker stores the same bytes and properties that the batch held.",
  "stored-once": "A message that was handed over once is stored once.",
  order: "publish() writes the batch, in order; batches follow each other in the order of the calls.",
  mandatory:
    "With the capability mandatory, and where it is asked for, a message that no queue takes is refused as unroutable.",
  priority: "With the capability priority, a message has the priority of MessageDefaults.",
  ttl: "With the capability ttl, a message expires after expirationMs of MessageDefaults.",
  "content-encoding":
    "With the capability contentEncoding, a message that is compressed is stored as it is, with the name of its compression.",
  exchange:
    "A message that names an exchange of its own goes to that one alone; where there is none of that name it is not stored.",
  topology:
    "With the capability topology, connect() rejects in the mode passive, as not-found, when a queue is not there.",
  "last-sequence":
    "lastSequence, where it is there, is the highest sequence that the broker has stored of the lane, neither more nor less.",
  deduplication: "With the capability deduplication, a message sent again with its sequence is stored once.",
  "lanes-apart": "Each lane has a connection of its own: the end of one is not the end of another.",
  "closed-settles": "closed settles when the connection can no longer be used, whoever ended it.",
  "silence-noticed":
    "A peer from which nothing comes for two times heartbeatMs, or a little more, is given up: closed settles.",
  "silence-awaited":
    "A peer is given up for its silence only once two times heartbeatMs have passed without a byte.",
  "heartbeat-apart":
    "What a peer answers to a heartbeat is no message's answer: each message has its own, in its place.",
  "closed-last": "closed settles after the last outcome: nothing is settled after it.",
  "closed-never-rejects": "closed never rejects: it gives the TransportError, or undefined.",
  "close-resolves": "close() resolves in any case and closed with it, and may be called again.",
  "close-waits":
    "Until its signal aborts, close() waits for what is in flight: what a healthy broker answers is told before closed settles.",
  "close-aborts": "close() ends the connection at once when its signal aborts; a dead peer cannot hold it.",
  "drained-bytes":
    "drainedBytes() counts the bytes that the network has taken so far: a number that only grows. What still waits in the process is not among them.",
  "holds-nothing":
    "A transport unrefs every socket and timer that it opens: idle, it does not hold the process.",
} as const;

export type RuleName = keyof typeof rules;

/** A transport broke its contract. The message says what happened, which rule it broke and how the rule reads. */
export class BrokenRuleError extends Error {
  readonly rule: RuleName;

  constructor(rule: RuleName, happened: string, options?: ErrorOptions) {
    super(`${happened}\nBroken rule "${rule}": ${rules[rule]}`, options);
    this.name = "BrokenRuleError";
    this.rule = rule;
  }
}

/** A check has nothing to try on this transport. */
export class NotCovered extends Error {}
