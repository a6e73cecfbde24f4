export { type AgentsTraceProcessor, openaiAgents } from "./processor.js";
