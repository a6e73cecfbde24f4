import { type OutboundMessage, outboundMessage } from "@streamll/core";
import { bodyBytes, PreparedMessage, putBody } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

const fields = {
  routingKey: "app.end",
  messageId: "event-1",
  correlationId: "run",
  type: "end",
  timestamp: 0,
  headers: {},
};

function written(message: OutboundMessage): Buffer {
  const target = Buffer.alloc(3 + bodyBytes(message), 0xff);
  expect(putBody(target, 3, message)).toBe(target.length);
  return target.subarray(3);
}

describe("the body of a message", () => {
  it.each(["", "plain", "naïve", "😀", "a lone \ud800 one", "x".repeat(200_000)])(
    "is counted and written as the bytes that it gives",
    (text) => {
      const message = new PreparedMessage({ ...fields, text });
      for (const bytes of [written(message), message.body()])
        expect(bytes.equals(Buffer.from(text))).toBe(true);
    },
  );

  it("may be bytes, or text in a message of another copy of the class", () => {
    expect(written(outboundMessage({ ...fields, sequence: 1, body: Buffer.from([0, 255]) }))).toEqual(
      Buffer.from([0, 255]),
    );
    class Other implements OutboundMessage {
      readonly sequence = 1;
      readonly routingKey = "k";
      readonly messageId = "m";
      readonly correlationId = "c";
      readonly type = "t";
      readonly timestamp = 0;
      readonly headers = {};
      readonly text = "é";
      readonly bytes = 2;
      readonly exchange = undefined;
      readonly sessionId = undefined;
      readonly partitionKey = undefined;
      body(): Buffer {
        throw new Error("not asked for");
      }
      detach(): OutboundMessage {
        return this;
      }
    }
    expect(written(new Other())).toEqual(Buffer.from("é"));
  });

  it("is not lost by a copy that the compiler takes, and by one that it does not take not silently", () => {
    const made = { ...fields, sequence: 1, body: Buffer.from("{}") };
    for (const message of [new PreparedMessage({ ...fields, text: "{}" }), outboundMessage(made)]) {
      const view: OutboundMessage = message;
      // @ts-expect-error A spread has none of the getters.
      const copy: OutboundMessage = { ...view, routingKey: "other" };
      expect(() => putBody(Buffer.alloc(10), 0, copy)).toThrow("body is not a function");
      const detached = view.detach({ routingKey: "other" });
      expect([detached.routingKey, String(detached.body()), detached.messageId]).toEqual([
        "other",
        "{}",
        "event-1",
      ]);
      expect(view.routingKey).toBe("app.end");
      expect(String(view.detach({ body: Buffer.from("sealed") }).body())).toBe("sealed");
      expect(view.detach().body()).toEqual(Buffer.from("{}"));
    }
  });

  it("stays with a message that is made anew", () => {
    const message = new PreparedMessage({ ...fields, text: "{}" });
    message.sequence = 7;
    const again = message.with({ sequence: 0, routingKey: "failed" });
    expect([again.sequence, again.routingKey, again.text, again.messageId]).toEqual([
      0,
      "failed",
      "{}",
      "event-1",
    ]);
    expect([message.sequence, message.routingKey]).toEqual([7, "app.end"]);
  });
});
