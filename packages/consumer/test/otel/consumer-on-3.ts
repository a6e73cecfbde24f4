import { sdk3 } from "../../../sink/test/otel/sdk-3.js";
import { play } from "./scene.js";

console.log(JSON.stringify(await play(await sdk3())));
process.exit();
