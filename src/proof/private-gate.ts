// Whether this run reaches a private gate at all: it answers calls through its VPC endpoints alone.
import { connectionFault } from "../gate/failure.ts";
import { healthPath } from "../gate/openapi/other-methods.ts";
import type { Answer, Ask, CheckResult } from "./check.ts";
import { pauseAfter } from "./proof.ts";

interface ReachTools {
  /** Seconds after which it is not asked again, where that is sooner. */
  readonly deadline?: number;
  readonly ask: Ask;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Seconds. A new stage is 403 for some of them, also to those who may call it. */
const longestWait = 20;

/**
 * Asks what needs no credential and no upstream, so that a 403 is API Gateway's: its own, or that of the API's policy, which other VPC
 * endpoints and networks get.
 * @returns the check in place of all others where the gate was not reached; undefined where it was
 */
export async function findUnreached(
  vpcEndpoints: readonly string[],
  { ask, deadline = longestWait, now, sleep }: ReachTools,
): Promise<CheckResult | undefined> {
  const end = now() + Math.min(deadline, longestWait) * 1000;
  for (let attempts = 1; ; attempts++) {
    const answer = await ask({
      method: "GET",
      path: healthPath,
      headers: {},
    }).catch((error: unknown) => connectionFault(error));
    if (typeof answer !== "string" && answer.status !== 403) return undefined;
    const pause = pauseAfter(attempts);
    if (now() + pause > end)
      return unreached(vpcEndpoints, wordAnswer(answer), attempts);
    await sleep(pause);
  }
}

const wordAnswer = (answer: Answer | string): string =>
  typeof answer === "string"
    ? `no answer (${answer})`
    : [answer.status, answer.gateError].join(" ").trim();

const unreached = (
  vpcEndpoints: readonly string[],
  actual: string,
  attempts: number,
): CheckResult => ({
  id: "proof",
  title: "checks of the private gate",
  expected: "an answer of this gate",
  shows: "the gate is closed",
  sentence: `The gate answers through ${vpcEndpoints.join(", ")} alone, and this run does not call it through there`,
  actual,
  status: "not-made",
  attempts,
  message:
    "Nothing was proved: the gate is private, and this runner does not reach it; run the action on a self-hosted runner in its VPC to have it proved",
});
