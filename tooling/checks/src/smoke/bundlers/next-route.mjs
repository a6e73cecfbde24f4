// app/route.js of a program of Next.
import { deliver } from "../deliver.mjs";

export const dynamic = "force-dynamic";

export async function GET() {
  return new Response(await deliver(JSON.parse(process.env.STREAMLL_SMOKE)));
}
