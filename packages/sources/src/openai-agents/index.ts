export { type AgentsTraceProcessor, openaiAgents } from "./processor.js";
export { recordTokens } from "./tokens.js";
