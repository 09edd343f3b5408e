// The code that AWS runs in a function. The engine compares what the program gave with what it gave before; what is there now it
// cannot read back, only AWS's hash of it.
import type { Aws } from "./aws.ts";

/**
 * @returns the function's `CodeSha256` (base64); undefined when there is no such function, or nobody may look
 * (`lambda:GetFunctionConfiguration`).
 */
export async function readCodeHash(
  aws: Aws,
  region: string,
  name: string,
): Promise<string | undefined> {
  const answer = await aws({
    service: "lambda",
    region,
    method: "GET",
    path: `/2015-03-31/functions/${encodeURIComponent(name)}/configuration`,
  });
  if (answer.status !== 200) return undefined;
  const { CodeSha256: hash } = JSON.parse(answer.body) as {
    CodeSha256?: unknown;
  };
  return typeof hash === "string" ? hash : undefined;
}
