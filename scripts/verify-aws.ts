// `npm run verify:aws`: deploys a small gate in the account whose credentials it finds, puts to it what is open about AWS
// (docs/aws-open-questions.md), prints what AWS did, and removes everything, also after a failure or Ctrl-C.
// `AWS_REGION` names the region. The exit code is 0 when every question was answered and nothing is left.
import { withGate, put, questionIds, report } from "./verify-aws/verify.ts";

const region = process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];

async function main(): Promise<number> {
  if (region === undefined) {
    console.error(
      "AWS_REGION is not set: name the region of the scratch account",
    );
    return 2;
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => interruption.abort());
  // scripts/bootstrap.mjs, which holds the other end of the channel, was killed.
  process.once("disconnect", () => interruption.abort());
  let unknown = 0;
  const left = await withGate(
    {
      account: { region },
      environment: process.env,
      log: (line) => console.error(line),
      signal: interruption.signal,
    },
    async (asked) => {
      for (const id of questionIds) {
        interruption.signal.throwIfAborted();
        const finding = await put(id, asked);
        if (finding.answer === undefined) unknown += 1;
        console.log(`${report(finding)}\n`);
      }
    },
  );
  return unknown + left.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
if (process.connected) process.disconnect();
