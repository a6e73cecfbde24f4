import type { Message, Receiver, Sender } from "rhea";
import { describe, expect, it, vi } from "vitest";
import { sessionInside } from "../src/rhea.js";
import { open, publish, WAIT } from "./support/connect.js";
import { messages } from "./support/options.js";
import { type Peer, startPeer } from "./support/peer.js";

/** Answers requests to /management, as far as RabbitMQ does to a token; gives the requests. */
function serveManagement({ container }: Peer, status: string): Message[] {
  const requests: Message[] = [];
  const answers: Sender[] = [];
  // Both links have one name, by which rhea keeps them: the first is put aside for the second.
  container.on("session_open", ({ session }) => {
    const own = sessionInside(session!);
    const { on_attach: original } = own;
    own.on_attach = (frame) => {
      const { name } = frame.performative;
      const first = own.links[name];
      delete own.links[name];
      original.call(session, frame);
      if (first !== undefined) own.links[`${name} of the first`] = first;
    };
  });
  container.on("sender_open", ({ sender }) => answers.push(sender!));
  container.on("message", ({ message, receiver }: { message?: Message; receiver?: Receiver }) => {
    if (receiver!.target.address !== "/management") return;
    requests.push(message!);
    answers.at(-1)!.send({ subject: status, correlation_id: message!.message_id!, body: null });
  });
  return requests;
}

const rabbitmq = (version: string) => ({ product: "RabbitMQ", version });

// Each waits a second for its token.
describe.concurrent("a token that expires", () => {
  const lasting = (...milliseconds: number[]) => {
    let asked = 0;
    return vi.fn(() => ({
      username: "user",
      password: `token ${++asked}`,
      expiresAt: new Date(Date.now() + (milliseconds[asked - 1] ?? 3_600_000)),
    }));
  };

  it("is renewed on the open connection from RabbitMQ 4.1 on", async () => {
    await using peer = await startPeer({
      properties: rabbitmq("4.1.0"),
      answer: ({ delivery, receiver }) => receiver!.target.address === "/management" || delivery!.accept(),
    });
    const requests = serveManagement(peer, "204");
    await using lane = await open(peer.endpoint, { credentials: lasting(1200) });
    await vi.waitUntil(() => requests.length === 1, WAIT);
    expect(requests[0]).toMatchObject({ subject: "PUT", to: "/auth/tokens", reply_to: "$me" });
    expect(String(requests[0]!.body)).toBe("token 2");
    expect(await publish(lane.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
    expect(peer.connections).toHaveLength(1);
    expect(peer.logins).toEqual([["user", "token 1"]]);
  });

  it("ends the connection where the broker does not take the new one", async () => {
    await using peer = await startPeer({ properties: rabbitmq("4.3.0") });
    serveManagement(peer, "400");
    await using lane = await open(peer.endpoint, { credentials: lasting(1200) });
    expect((await lane.connection.closed)?.message).toContain("400 no reason given");
  });

  it("ends the connection in good order before 4.1", async () => {
    await using peer = await startPeer({ properties: rabbitmq("4.0.5") });
    const requests = serveManagement(peer, "204");
    await using lane = await open(peer.endpoint, { credentials: lasting(1200) });
    expect(await lane.connection.closed).toBeUndefined();
    expect(requests).toEqual([]);
  });
});
