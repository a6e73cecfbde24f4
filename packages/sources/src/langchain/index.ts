export { type LangChainHandler, langchain } from "./handler.js";
