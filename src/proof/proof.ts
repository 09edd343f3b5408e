// Makes the checks of a plan, the closed ones first, asking again while API Gateway propagates a deployment.
import { connectionFault } from "../gate/failure.ts";
import {
  type Ask,
  type Check,
  type CheckResult,
  expectations,
  type ProofResult,
} from "./check.ts";
import { credentialHeader, wrongToken } from "./credential.ts";
import { evaluate, type Evaluation, evaluateNoAnswer } from "./evaluate.ts";

export interface ProofTools {
  readonly ask: Ask;
  /** A fresh credential for a consumer. Called for every attempt, since API Gateway caches a result by its token. */
  readonly sign: (consumer: string) => Promise<string>;
  /** The user's own token, for checks with the credential `proof-token`. */
  readonly proofToken?: string;
  /** Milliseconds, of any epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Seconds after which no check is asked again; 90 unless given. */
  readonly deadline?: number;
}

const concurrency = 8;
const fewAttempts = 3;
const longestPause = 8000;

interface Outcome {
  readonly result: CheckResult;
  readonly broken: boolean;
  readonly silent: boolean;
}

/** Makes every check; never throws because of an answer, or the lack of one. */
export async function prove(
  checks: readonly Check[],
  tools: ProofTools,
): Promise<ProofResult> {
  const end = tools.now() + (tools.deadline ?? 90) * 1000;
  const isClosedCheck = ({ expect }: Check) =>
    expect === "unauthorized" || expect === "refused";
  const closed = await proveAll(checks.filter(isClosedCheck), tools, end);
  const rest = checks.filter((check) => !isClosedCheck(check));
  // No credential is sent through a gate that has not shown itself closed.
  const isBroken = closed.some(({ broken }) => broken);
  const why = isBroken
    ? "the gate is not closed"
    : "the gate did not show that it is closed";
  const open = closed.some(({ result }) => result.status === "failed")
    ? rest.map((check) => leftOut(check, why))
    : await proveAll(rest, tools, end);
  const outcomes = [...closed, ...open];
  return {
    broken: outcomes.some(({ broken }) => broken),
    failed: outcomes.some(({ result }) => result.status === "failed"),
    results: outcomes.map(({ result }) => result),
  };
}

async function proveAll(
  checks: readonly Check[],
  tools: ProofTools,
  end: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = [...checks.entries()];
  let silent = false;
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, check] = next;
      // A gate that did not answer until the deadline is not waited for once more per check.
      const outcome = silent
        ? leftOut(check, "the gate does not answer")
        : await proveOne(check, tools, end);
      silent ||= outcome.silent;
      outcomes[index] = outcome;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return outcomes;
}

async function proveOne(
  check: Check,
  tools: ProofTools,
  end: number,
): Promise<Outcome> {
  if (check.notMade) return leftOut(check, check.notMade);
  for (let attempts = 1; ; attempts++) {
    const { evaluation, actual } = await attempt(check, tools);
    const pause = Math.min(1000 * 2 ** (attempts - 1), longestPause);
    const again =
      evaluation.retry === "until-deadline" ||
      (evaluation.retry === "few-times" && attempts < fewAttempts);
    if (!again || tools.now() + pause > end) {
      const { status, message, broken } = evaluation;
      return {
        result: { ...describe(check), actual, status, attempts, message },
        broken,
        silent: actual === noAnswer,
      };
    }
    await tools.sleep(pause);
  }
}

const noAnswer = "no answer";

async function attempt(
  check: Check,
  tools: ProofTools,
): Promise<{ evaluation: Evaluation; actual: string }> {
  const headers = await headersOf(check, tools);
  try {
    const { body, method, path } = check;
    const answer = await tools.ask({
      method,
      path,
      headers: { ...headers, ...(body && { "Content-Type": body.type }) },
      ...(body && { body: body.text }),
    });
    const actual = [answer.status, answer.gateError].join(" ").trim();
    return { evaluation: evaluate(check, answer), actual };
  } catch (error) {
    return {
      evaluation: evaluateNoAnswer(connectionFault(error)),
      actual: noAnswer,
    };
  }
}

async function headersOf(
  { credential, header = "Authorization" }: Check,
  { proofToken = "", sign }: ProofTools,
): Promise<Readonly<Record<string, string>>> {
  if (credential === "none") return {};
  if (credential === "wrong") return credentialHeader(header, wrongToken);
  return credentialHeader(
    header,
    credential === "proof-token" ? proofToken : await sign(credential.consumer),
  );
}

const describe = ({ id, title, expect }: Check) => ({
  id,
  title,
  expected: expectations[expect],
});

const leftOut = (check: Check, message: string): Outcome => ({
  result: {
    ...describe(check),
    actual: "",
    status: "not-made",
    attempts: 0,
    message,
  },
  broken: false,
  silent: false,
});
