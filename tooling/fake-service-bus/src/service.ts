import rhea, { type AmqpError, type Connection, type Container, type Receiver, type Sender } from "rhea";
import { answerToken, type PutToken, putToken, tokenFailure } from "./cbs.js";
import { createClaims } from "./claims.js";
import { fault, faultOf } from "./conditions.js";
import { giveOut } from "./deliver.js";
import type { Ends } from "./ends.js";
import type { Commands, Faults } from "./faults.js";
import { maxMessageSize, type Transfer, takeIn } from "./intake.js";
import type { TokenIssuer } from "./jwt.js";
import { agree, answerTo, type Links, rightOf } from "./links.js";
import { createLocks } from "./locks.js";
import { answerManagement } from "./management.js";
import type { Namespace, Node } from "./namespace.js";
import { type Answer, answerRequests, type Request } from "./requests.js";
import { keyOf } from "./sasl.js";
import { acceptSession } from "./session-receiver.js";
import { type AccessKey, bothRights, claimOfSas } from "./tokens.js";

/** A token that `$cbs` was sent, and what it answered. */
export interface TokenSeen extends PutToken {
  /** 0 for no answer. */
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

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
  readonly credit: number;
  readonly tokens: TokenSeen[];
  readonly transfers: Transfer[];
}

/** Answers what clients open on the container's connections. */
export function serve(service: Service): void {
  const { container, host, namespace, ends, links, commands, faults, credit, tokens, transfers } = service;
  const claims = createClaims(host);
  const locks = createLocks();
  const repliers = new Set<Sender>();

  container.on("connection_open", ({ connection }) => {
    const rights = keyOf(connection)?.rights ?? bothRights;
    if (keyOf(connection)) {
      claims.put(connection, {
        resource: claims.hostOf(connection),
        rights,
        expiresAt: Number.POSITIVE_INFINITY,
      });
    }
  });
  container.on("receiver_open", ({ receiver }) => open(receiver as Receiver, receiver?.target?.address));
  container.on("sender_open", ({ sender }) => open(sender as Sender, sender?.source?.address));

  function open(link: Receiver | Sender, given: unknown): void {
    const address = String(given ?? "").replace(/^([a-z]+:\/\/[^/]+)?\//i, "");
    if (address === "$cbs") openRequests(link, (request) => take(link.connection, request));
    else if (!claims.allow(link.connection, address, rightOf(link))) link.close(unauthorised(link, address));
    else if (/\/\$management$/i.test(address))
      openRequests(link, (request) => answerManagement(locks, request));
    else openEntity(link, address);
  }

  function openRequests(link: Receiver | Sender, answer: (request: Request) => Answer | undefined): void {
    agree(link);
    if (isReceiver(link)) answerRequests(link, repliers, answer);
    else {
      repliers.add(link);
      ends.onceGone(link, () => repliers.delete(link));
    }
  }

  function openEntity(link: Receiver | Sender, address: string): void {
    const node = namespace.find(address);
    const refused = reasonAgainst(link, address, node);
    if (refused || !node) {
      link.close(refused);
      return;
    }
    agree(link);
    if (isReceiver(link)) openIntake(link, address, node);
    else openOutlet(link, address, node);
  }

  function reasonAgainst(link: Receiver | Sender, address: string, node?: Node): AmqpError | undefined {
    if (!node || (isReceiver(link) ? !node.entity : !node.outlet)) return notFound(address);
    if (service.disabled.has(node.options.name)) return faultOf("com.microsoft:entity-disabled");
    return commands.ofAttach(node.options.name);
  }

  function openIntake(link: Receiver, address: string, { entity, options }: Node): void {
    if (!entity) return;
    const { maxBatchSize } = options;
    Object.assign(answerTo(link), {
      max_message_size: maxMessageSize(options),
      ...(maxBatchSize !== undefined && {
        properties: { "com.microsoft:max-message-batch-size": rhea.types.wrap_ulong(maxBatchSize) },
      }),
    });
    const entry = links.add(link, options.name, address);
    const touch = (transfer: Transfer) => {
      transfers.push(transfer);
      entry.touch();
    };
    takeIn(link, { entity, credit, commands, faults, touch });
  }

  function openOutlet(link: Sender, address: string, { outlet, options }: Node): void {
    if (!outlet) return;
    const { from, deadLetters } = outlet;
    const store = "accept" in from ? acceptSession(link, from, ends) : from;
    if (!store) {
      link.close(faultOf("com.microsoft:session-cannot-be-locked"));
      return;
    }
    const { touch } = links.add(link, options.name, address);
    ends.onceGone(
      link,
      giveOut(link, { store, deadLetters, locks, lockMs: options.lockMs ?? 60_000, touch }),
    );
  }

  function take(connection: Connection, request: Request): Answer | undefined {
    const put = putToken(request);
    if (!put) return { status: 400, description: "BadRequest: the operation is not known." };
    const failure = commands.ofToken();
    const answer = failure ? tokenFailure(failure) : answerToken(() => admit(connection, put));
    tokens.push({ ...put, status: answer?.status ?? 0, at: Date.now() });
    return answer;
  }

  /** @throws TokenRefused */
  function admit(connection: Connection, { type, token }: PutToken): void {
    const claim =
      type === "jwt"
        ? service.entra.claimOf(token, claims.hostOf(connection))
        : claimOfSas(token, service.keys);
    claims.put(connection, claim, () => {
      links.detach(
        fault("amqp:unauthorized-access", "ExpiredToken: The token is expired."),
        ({ link, address, right }) =>
          link.connection === connection && !claims.allow(connection, address, right),
      );
    });
  }
}

export const notFound = (address: string): AmqpError =>
  fault("amqp:not-found", `The messaging entity '${address}' could not be found.`);

const isReceiver = (link: Sender | Receiver): link is Receiver => link.is_receiver();

const unauthorised = (link: Sender | Receiver, address: string) =>
  fault(
    "amqp:unauthorized-access",
    `Unauthorized access. '${rightOf(link)}' claim(s) are required to perform this operation. Resource: '${address}'.`,
  );
