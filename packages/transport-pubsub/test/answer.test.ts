import { expect, it } from "vitest";
import { idsIn } from "../src/publish/answer.js";

it.each([
  ['{"messageIds":["1"]}', 1],
  ['{"messageIds":["1","22","333"]}', 3],
  ['{ "messageIds" : [\n  "1",\n  "2"\n]\n}\n', 2],
  ['{"messageIds":[]}', 0],
  ['{"messageIds":["a\\"b","c"]}', 2],
  ['{"messageIds":["1","2"],"other":"3"}', 2],
  ['{"other":[1],"messageIds":["1","2"]}', 2],
])("counts the ids of %s", (answer, ids) => {
  expect(idsIn(Buffer.from(answer))).toBe(ids);
});

it.each(["", "null", "{}", "[]", '"messageIds"', '{"messageIds":{}}', '{"messageIds":["1","2"', "<html>"])(
  "takes %s for no answer",
  (answer) => {
    expect(() => idsIn(Buffer.from(answer))).toThrow();
  },
);
