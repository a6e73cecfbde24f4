// next.mjs PROJECT: serves what `next build` made of it for one request, and prints the answer.
import { once } from "node:events";
import { createServer } from "node:http";
import next from "next";

const app = next({ dir: process.argv[2], dev: false });
await app.prepare();
const server = createServer(app.getRequestHandler()).listen(0, "127.0.0.1");
await once(server, "listening");
const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
console.log(await response.text());
process.exit(response.ok ? 0 : 1);
