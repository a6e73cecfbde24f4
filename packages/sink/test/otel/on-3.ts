import { play } from "./scene.js";
import { sdk3 } from "./sdk-3.js";

console.log(JSON.stringify(await play(await sdk3())));
process.exit();
