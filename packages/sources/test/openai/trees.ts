const whole = '→ {"id":"c1","object":"chat.completion","created":1,"model":"g…';
const chat = (...lines: string[]) => lines.map((line) => `OpenAI.chat.completions.create ${line}`);
const answered = chat(`[gpt-5-2026] ${whole} 10+2 (stop)`);
const streamed = chat("[gpt-5-2026] 3 tokens → Rabbits dig. 10+2 (stop)");
const responded = ["OpenAI.responses.create [gpt-5-2026] 2 tokens → Rabbits dig. 10+2 (completed)"];

/** The calls of each run of the scene, in the order of their starts. */
export const trees: Record<string, readonly string[]> = {
  chat: answered,
  "chat, by withResponse": answered,
  "chat, by asResponse": answered,
  "chat, by catch": answered,
  "chat, by parse": answered,
  "chat, as a stream that is read to its end": streamed,
  "chat, as a stream that is teed": streamed,
  "chat, as a web stream": streamed,
  "chat, as a stream that is broken off": chat("[gpt-5-2026] 1 tokens cancelled → Rab"),
  "chat, as a stream that is aborted": chat("[gpt-5-2026] 1 tokens cancelled → Rab"),
  "chat, by the helper for streams": streamed,
  "chat, by tools that run": chat(
    `[gpt-5-2026] ${whole} calls search#t1({"query":"rabbits"}) 10+2 (tool_calls)`,
    `[gpt-5-2026] ${whole} 10+2 (stop)`,
  ),
  responses: [
    'OpenAI.responses.create [gpt-5-2026] → {"id":"r1","object":"response","model":"gpt-5-2026","status"… 10+2 (completed)',
  ],
  "responses, as a stream": responded,
  "responses, by the helper for streams": responded,
  embeddings: [
    'OpenAI.embeddings.create [embed-1] → {"object":"list","model":"embed-1","data":[{"object":"embedd… 3+undefined',
  ],
  "a call that is refused": chat("[gpt-5] ✗ BadRequestError: 400 overloaded"),
  "a call that is tried again": answered,
  "a client by withOptions": answered,
};
