export { transport } from "./good-transport.mjs";

// Begun before anything is connected.
setInterval(() => {}, 1000);
