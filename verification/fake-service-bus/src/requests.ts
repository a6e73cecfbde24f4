import rhea, { type Message, type Receiver, type Sender } from "rhea";
import { decode } from "./message.js";

/** A request to a node of the service, such as `$cbs`. */
export interface Request {
  /** Its application properties. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export interface Answer {
  /** As of HTTP: 200 to 299 is well. */
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: unknown;
}

/**
 * Answers the requests that come by a link; the answer goes by that link of the connection which the request's
 * `reply-to` names.
 *
 * @param answer undefined leaves the request unanswered.
 */
export function answerRequests(
  requests: Receiver,
  repliers: ReadonlySet<Sender>,
  answer: (request: Request) => Answer | undefined,
): void {
  requests.add_credit(100);
  requests.on("message", ({ message, delivery }) => {
    requests.add_credit(1);
    delivery?.accept();
    const request = decode(message as unknown as Buffer);
    const answered = answer({ properties: request.application_properties ?? {}, body: request.body });
    const replier = [...repliers].find(
      (link) => link.connection === requests.connection && answersTo(link, request.reply_to),
    );
    if (answered) replier?.send(replyTo(request, answered));
  });
}

/** It names the link, or the link's far end. */
const answersTo = (link: Sender, address: string | undefined) =>
  address !== undefined && (link.name === address || link.target?.address === address);

const replyTo = ({ message_id }: Message, { status, description, condition, body }: Answer): Message => ({
  body,
  ...(message_id !== undefined && { correlation_id: message_id }),
  application_properties: {
    // Each of the two spellings has its readers: $cbs is asked for the one, $management for the other.
    "status-code": rhea.types.wrap_int(status),
    statusCode: rhea.types.wrap_int(status),
    "status-description": description,
    statusDescription: description,
    ...(condition && { "error-condition": condition, errorCondition: rhea.types.wrap_symbol(condition) }),
  },
});
