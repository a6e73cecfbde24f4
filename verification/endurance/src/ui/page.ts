/** Reads what the page of the command reads, all the time. */
export async function watchPage(address: string): Promise<{ until(received: number): Promise<void> }> {
  const response = await fetch(`${address}live`);
  let received = 0;
  let problem: unknown;
  let wake = () => {};
  const read = async () => {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const [, found] = /"received":(\d+)/.exec(text) ?? [];
      if (found === undefined) continue;
      received = Number(found);
      wake();
    }
  };
  read()
    .catch((error: unknown) => {
      problem = error;
    })
    .finally(() => wake());
  return {
    async until(wanted) {
      while (received < wanted) {
        if (problem !== undefined) throw problem;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
