export { config as default } from "../src/config.js";
