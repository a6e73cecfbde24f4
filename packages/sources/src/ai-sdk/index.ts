export { type AiSdkMiddleware, aiSdkMiddleware } from "./middleware.js";
export { type AiSdkTelemetry, aiSdk } from "./telemetry.js";
export { aiSdkTools } from "./tool.js";
