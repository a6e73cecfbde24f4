import type { Message } from "rhea";
import type { OpenConnection } from "../dialect.js";
import { openRequests, type Requests } from "../requests.js";
import { types } from "../rhea.js";

/** The broker said no to a request of its management node: with a status of HTTP, and why. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** HTTP over AMQP, as RabbitMQ 4 has it. */
export interface Management {
  /** Gives the body of the answer. @throws RefusedError, FaultError, TransportError */
  request(method: "GET" | "PUT" | "POST", path: string, body?: unknown): Promise<unknown>;
  close(): void;
}

export async function openManagement(open: OpenConnection, label: string): Promise<Management> {
  const requests: Requests = await openRequests(open, {
    address: "/management",
    replyTo: "$me",
    paired: true,
    label,
  });
  return {
    async request(method, path, body) {
      const answer = await requests.ask({ subject: method, to: path, body: body ?? null } satisfies Message);
      const status = Number(answer.subject);
      if (status >= 200 && status < 300) return answer.body;
      throw new RefusedError(status, typeof answer.body === "string" ? answer.body : `status ${status}`);
    },
    close: requests.close,
  };
}

/** Of a declaration: a number by itself would be a uint, and a queue's arguments are compared by their types too. */
export const argumentMap = (args: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      Number.isSafeInteger(value) ? types.wrap_long(value as number) : value,
    ]),
  );
