import { instrument } from "@streamll/core";

const answer = instrument(async function answer(question: string): Promise<string> {
  return `42, if you ask me ${JSON.stringify(question)}`;
});

export async function GET(request: Request): Promise<Response> {
  const question = new URL(request.url).searchParams.get("question") ?? "";
  return Response.json({ answer: await answer(question) });
}
