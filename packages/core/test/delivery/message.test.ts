import type { OutboundMessage } from "@streamll/core";
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
      for (const bytes of [written(message), message.body])
        expect(bytes.equals(Buffer.from(text))).toBe(true);
    },
  );

  it("may be bytes, or text in a message of another copy of the class", () => {
    expect(written({ ...fields, sequence: 1, body: Buffer.from([0, 255]) })).toEqual(Buffer.from([0, 255]));
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
      get body(): Buffer {
        throw new Error("not asked for");
      }
    }
    expect(written(new Other())).toEqual(Buffer.from("é"));
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
