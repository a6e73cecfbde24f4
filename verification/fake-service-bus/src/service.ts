import rhea, { type AmqpError, type Container, type Receiver, type Sender } from "rhea";
import { type TokenSeen, takeToken } from "./cbs.js";
import { createClaims } from "./claims.js";
import { fault, faultOf } from "./conditions.js";
import { type Custody, lockedEach, lockedTogether } from "./custody.js";
import { giveOut } from "./deliver.js";
import type { Ends } from "./ends.js";
import type { Commands, Faults } from "./faults.js";
import { maxMessageSize, type Transfer, takeIn } from "./intake.js";
import type { TokenIssuer } from "./jwt.js";
import { agree, answerTo, type Links, rightOf } from "./links.js";
import type { Locks } from "./locks.js";
import { answerManagement } from "./management.js";
import type { Namespace } from "./namespace.js";
import { type Answer, answerRequests, type Request } from "./requests.js";
import { keyOf } from "./sasl.js";
import { acceptSession, asksForSession } from "./session-receiver.js";
import { type AccessKey, bothRights } from "./tokens.js";

export interface Service {
  readonly container: Container;
  readonly host: string;
  readonly keys: ReadonlyMap<string, AccessKey>;
  readonly entra: TokenIssuer;
  readonly namespace: Namespace;
  readonly disabled: ReadonlySet<string>;
  readonly ends: Ends;
  readonly links: Links;
  readonly commands: Commands;
  readonly faults: Faults;
  readonly locks: Locks;
  readonly credit: number;
  readonly tokens: TokenSeen[];
  /** Operations of management requests. */
  readonly managed: string[];
  readonly transfers: Transfer[];
}

/** Answers what clients open on the container's connections. */
export function serve(service: Service): void {
  const { container, namespace, ends, links, locks, commands, faults, credit, managed, transfers } = service;
  const claims = createClaims(service.host);
  const repliers = new Set<Sender>();
  const cbs = {
    ...service,
    claims,
    expired: (connection: Receiver["connection"]) =>
      links.detach(
        fault("amqp:unauthorized-access", "ExpiredToken: The token is expired."),
        ({ link, address, right }) =>
          link.connection === connection && !claims.allow(connection, address, right),
      ),
  };

  container.on("connection_open", ({ connection }) => {
    const key = keyOf(connection);
    if (!key) return;
    const { rights = bothRights } = key;
    claims.put(connection, {
      resource: claims.hostOf(connection),
      rights,
      expiresAt: Number.POSITIVE_INFINITY,
    });
  });
  container.on("receiver_open", ({ receiver }) => open(receiver as Receiver, receiver?.target?.address));
  container.on("sender_open", ({ sender }) => open(sender as Sender, sender?.source?.address));

  function open(link: Receiver | Sender, given: unknown): void {
    const address = String(given ?? "").replace(/^([a-z]+:\/\/[^/]+)?\//i, "");
    if (address === "$cbs") openRequests(link, (request) => takeToken(cbs, link.connection, request));
    else if (!claims.allow(link.connection, address, rightOf(link))) link.close(unauthorised(link, address));
    else if (/\/\$management$/i.test(address)) openManagement(link, address);
    else if (isReceiver(link)) openIntake(link, address);
    else openOutlet(link, address);
  }

  function openRequests(link: Receiver | Sender, answer: (request: Request) => Answer | undefined): void {
    agree(link);
    if (isReceiver(link)) return answerRequests(link, repliers, answer);
    repliers.add(link);
    ends.onceGone(link, () => repliers.delete(link));
  }

  function openManagement(link: Receiver | Sender, address: string): void {
    const outlet = namespace.find(address.replace(/\/\$management$/i, ""))?.outlet;
    if (!outlet) return link.close(notFound(address));
    openRequests(link, (request) => answerManagement({ locks, outlet, commands, managed }, request));
  }

  function openIntake(link: Receiver, address: string): void {
    const entity = namespace.find(address)?.entity;
    const refused = entity ? reasonAgainst(entity.options.name) : notFound(address);
    if (!entity || refused) return link.close(refused);

    const { name, maxBatchSize } = entity.options;
    agree(link);
    Object.assign(answerTo(link), {
      max_message_size: maxMessageSize(entity.options),
      ...(maxBatchSize !== undefined && {
        properties: { "com.microsoft:max-message-batch-size": rhea.types.wrap_ulong(maxBatchSize) },
      }),
    });
    const { touch } = links.add(link, name, address);
    const seen = (transfer: Transfer) => {
      transfers.push(transfer);
      touch();
    };
    takeIn(link, { entity, credit, commands, faults, seen });
  }

  function openOutlet(link: Sender, address: string): void {
    const { outlet, options } = namespace.find(address) ?? {};
    const refused = outlet && options ? reasonAgainst(options.name) : notFound(address);
    if (!outlet || !options || refused) return link.close(refused);

    const { from } = outlet;
    const { name, lockMs = 60_000 } = options;
    const deliver = (custody: Custody, lockLost: string) => {
      const { touch } = links.add(link, name, address);
      const refusal = () => commands.ofSettlement(name);
      ends.onceGone(link, giveOut(link, { custody, lockLost, refusal, touch }));
    };
    if (!("accept" in from)) {
      if (asksForSession(link)) return link.close(fault("amqp:not-allowed", HAS_NO_SESSIONS));
      agree(link);
      return deliver(lockedEach(from, locks, lockMs), "com.microsoft:message-lock-lost");
    }
    const lockLost = "com.microsoft:session-lock-lost";
    acceptSession(link, {
      ...{ sessions: from, lockMs, ends },
      refused: (error) => link.close(error),
      accepted(session) {
        session.onLost = () => link.close(faultOf(lockLost));
        deliver(lockedTogether(session), lockLost);
      },
    });
  }

  const reasonAgainst = (name: string): AmqpError | undefined =>
    service.disabled.has(name) ? faultOf("com.microsoft:entity-disabled") : commands.ofAttach(name);
}

const HAS_NO_SESSIONS =
  "A sessionful message receiver cannot be created on an entity that does not require sessions.";

export const notFound = (address: string): AmqpError =>
  fault("amqp:not-found", `The messaging entity '${address}' could not be found.`);

const isReceiver = (link: Sender | Receiver): link is Receiver => link.is_receiver();

const unauthorised = (link: Sender | Receiver, address: string) =>
  fault(
    "amqp:unauthorized-access",
    `Unauthorized access. '${rightOf(link)}' claim(s) are required to perform this operation. Resource: '${address}'.`,
  );
