import rhea, { type Receiver, type Sender } from "rhea";
import type { CbsFailure } from "./faults.js";
import { decode } from "./message.js";

/** What `$cbs` was asked. */
export interface PutToken {
  /** The node for which the token is meant, as the client wrote it. */
  readonly name: string;
  readonly type: string;
  readonly token: string;
}

/** What it answers. */
export interface PutTokenAnswer {
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
}

/** Answers requests that come by `requests`; the answer goes by the link of the connection that is the request's `reply-to`. */
export function answerTokens(
  requests: Receiver,
  senders: ReadonlySet<Sender>,
  put: (request: PutToken) => PutTokenAnswer | undefined,
): void {
  requests.add_credit(100);
  requests.on("message", ({ message: bytes, delivery }) => {
    requests.add_credit(1);
    delivery?.accept();
    const request = decode(bytes as unknown as Buffer);
    const properties: Record<string, unknown> = request.application_properties ?? {};
    const answer =
      properties.operation === "put-token"
        ? put({
            name: String(properties.name),
            type: String(properties.type),
            token: String(request.body),
          })
        : { status: 400, description: "BadRequest: the operation is not known." };
    const reply = [...senders].find(
      (sender) => sender.connection === requests.connection && answersTo(sender, request.reply_to),
    );
    if (!answer || !reply) return;
    reply.send({
      body: undefined,
      ...(request.message_id !== undefined && { correlation_id: request.message_id }),
      application_properties: {
        "status-code": rhea.types.wrap_int(answer.status),
        "status-description": answer.description,
        ...(answer.condition && { "error-condition": rhea.types.wrap_symbol(answer.condition) }),
      },
    });
  });
}

/** The name of the link, or the address of its far end. */
const answersTo = (sender: Sender, replyTo: string | undefined) =>
  sender.name === replyTo || (replyTo !== undefined && sender.target?.address === replyTo);

export const onCommand = (failure: CbsFailure): PutTokenAnswer | undefined =>
  failure.status === "silence"
    ? undefined
    : {
        status: failure.status ?? 401,
        description: failure.description ?? "InvalidSignature: The token has an invalid signature.",
        condition: failure.condition ?? "com.microsoft:auth-failed",
      };
