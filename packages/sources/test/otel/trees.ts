const asked = '→ [{"role":"assistant","parts":[{"type":"tool_call","id":"t1",…';
const answered = '→ [{"role":"assistant","parts":[{"type":"text","content":"Rabb…';

export const trees: Record<string, string> = {
  "an agent by gen_ai.* of today": `\
library.invoke_agent
  openai.chat [gpt-5-2026] ${asked} calls search#t1({"query":"rabbits"}) 10+2 (tool_calls)
  tool.search #t1 → a book on rabbits
  openai.chat [gpt-5-2026] ${answered} 10+2 (stop)`,
  "a model by gen_ai.* of before": `\
openai.chat [gpt-5] → [{"role":"choice","content":"Rabbits dig."}] 10+2 (stop)`,
  "a model by OpenLLMetry": `\
OpenAI.openai.chat [gpt-5-2026] → [{"role":"assistant","content":"Rabbits dig."}] 10+2 (stop)`,
  "a chain by OpenInference": `\
library.chain → Rabbits dig.
  openai.ChatOpenAI [gpt-5] → Rabbits dig. 10+2`,
  "a model that fails": `\
library.chat [gpt-5] ✗ RangeError: no such model`,
  "a call that is tried again": `\
library.invoke_agent
  library.chat [gpt-5] ✗ 503: overloaded
  openai.chat [gpt-5-2026] ${answered} 10+2 (stop)`,
  "spans that end in another order than they began": `\
library.outer
  library.inner
    library.late`,
  "two runs at once": `\
library.one
  library.below
library.other
  library.beside`,
};
