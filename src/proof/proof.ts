// Makes the checks of a plan, the closed ones first, asking again while API Gateway propagates a deployment.
import { connectionFault } from "../gate/failure.ts";
import { healthPath } from "../gate/openapi/other-methods.ts";
import {
  type Ask,
  type BareError,
  type Check,
  type CheckResult,
  expectations,
  type ProofResult,
  sentenceOf,
} from "./check.ts";
import { credentialHeader, wrongToken } from "./credential.ts";
import {
  bareMessages,
  evaluate,
  type Evaluation,
  evaluateNoAnswer,
} from "./evaluate.ts";

export interface ProofTools {
  readonly ask: Ask;
  /** A fresh credential for a consumer. Called for every attempt, since API Gateway caches a result by its token. */
  readonly sign: (consumer: string) => Promise<string>;
  /** The user's own token, for checks with the credential `proof-token`. */
  readonly proofToken?: string;
  /** Milliseconds, of any epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (text: string) => void;
  /** Seconds after which no check is asked again; 90 unless given. */
  readonly deadline?: number;
  /** The same for calls that end in a failure; `deadline` unless given. */
  readonly failureDeadline?: number;
  /** The same for calls that lack a usage key; `deadline` unless given. */
  readonly usageKeyDeadline?: number;
}

const concurrency = 8;
const fewAttempts = 3;
const longestPause = 8000;

/** Milliseconds to wait before the next attempt. */
export const pauseAfter = (attempts: number): number =>
  Math.min(1000 * 2 ** (attempts - 1), longestPause);

/** When the asking ends. */
interface Deadlines {
  readonly end: number;
  readonly failureEnd: number;
  readonly usageKeyEnd: number;
  /** Says once that the proof waits for usage keys. */
  readonly tellOfUsageKeys: () => void;
}

interface Outcome {
  readonly result: CheckResult;
  readonly broken: boolean;
  readonly unless?: BareError;
  readonly silent: boolean;
  readonly outside?: boolean;
}

/** Makes every check; never throws because of an answer, or the lack of one. */
export async function prove(
  checks: readonly Check[],
  tools: ProofTools,
): Promise<ProofResult> {
  const deadlines = deadlinesOf(tools);
  const isClosedCheck = ({ expect }: Check) =>
    expect === "unauthorized" || expect === "refused";
  const closed = await excuseMissingStage(
    await proveAll(checks.filter(isClosedCheck), tools, deadlines),
    tools,
  );
  const rest = checks.filter((check) => !isClosedCheck(check));
  const outside = closed.some((one) => one.outside);
  // No credential is sent through a gate that has not shown itself closed.
  const isBroken = closed.some(({ broken }) => broken);
  const why = isBroken
    ? "the gate is not closed"
    : "the gate did not show that it is closed";
  const open = closed.some(({ result }) => result.status === "failed")
    ? rest.map((check) => leftOut(check, why))
    : outside
      ? rest.map((check) => leftOut(check, isOutside))
      : await proveAll(rest, tools, deadlines);
  const outcomes = [...closed, ...open];
  return {
    broken: outcomes.some(({ broken }) => broken),
    failed: outcomes.some(({ result }) => result.status === "failed"),
    ...(outside && { outside }),
    results: outcomes.map(({ result }) => result),
  };
}

/**
 * API Gateway's bare 403 to a call without a credential may be an upstream's, behind an open gate. It is not where the gate's own
 * health route, which has no upstream, is answered with the same: then the stage serves nothing of this gate.
 */
async function excuseMissingStage(
  closed: readonly Outcome[],
  { ask }: ProofTools,
): Promise<readonly Outcome[]> {
  const broken = closed.filter((one) => one.broken);
  const [first] = broken;
  const error = first?.unless;
  if (error === undefined || broken.some(({ unless }) => unless !== error))
    return closed;
  const health = await ask({
    method: "GET",
    path: healthPath,
    headers: {},
  }).catch(() => undefined);
  if (health?.bareError !== error) return closed;
  return closed.map((one) =>
    one.broken
      ? {
          ...one,
          broken: false,
          result: { ...one.result, message: bareMessages[error] },
        }
      : one,
  );
}

const isOutside =
  "the gate's `network` does not have the address of this run; run the proof on a runner within it to have this checked";

function deadlinesOf({
  deadline = 90,
  failureDeadline = deadline,
  log,
  now,
  usageKeyDeadline = deadline,
}: ProofTools): Deadlines {
  let told = false;
  return {
    end: now() + deadline * 1000,
    failureEnd: now() + failureDeadline * 1000,
    usageKeyEnd: now() + usageKeyDeadline * 1000,
    tellOfUsageKeys: () => {
      if (!told) log(waitForUsageKeys(usageKeyDeadline));
      told = true;
    },
  };
}

const waitForUsageKeys = (seconds: number): string =>
  `API Gateway does not know a usage key of the gate's plans yet, which can take minutes for a new one: the proof waits for it, up to ${seconds} seconds`;

async function proveAll(
  checks: readonly Check[],
  tools: ProofTools,
  deadlines: Deadlines,
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
        : await proveOne(check, tools, deadlines);
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
  deadlines: Deadlines,
): Promise<Outcome> {
  if (check.notMade) return leftOut(check, check.notMade);
  const start = tools.now();
  for (let attempts = 1; ; attempts++) {
    const { evaluation, actual } = await attempt(check, tools);
    const { broken, outside, retry, status, unless, upstreamRefused } =
      evaluation;
    const pause = pauseAfter(attempts);
    const isForKey = retry === "usage-key";
    const again =
      retry === "until-deadline" ||
      isForKey ||
      (retry === "few-times" && attempts < fewAttempts);
    if (!again || tools.now() + pause > endFor(evaluation, deadlines)) {
      const waited = Math.round((tools.now() - start) / 1000);
      const message = isForKey
        ? `${evaluation.message}; the proof waited ${waited} seconds for it`
        : evaluation.message;
      return {
        result: {
          ...describe(check),
          actual,
          status,
          attempts,
          message,
          ...(upstreamRefused && { upstreamRefused }),
        },
        broken,
        ...(unless && { unless }),
        silent: actual === noAnswer,
        ...(outside && { outside }),
      };
    }
    if (isForKey) deadlines.tellOfUsageKeys();
    await tools.sleep(pause);
  }
}

const endFor = (
  { retry, status }: Evaluation,
  { end, failureEnd, usageKeyEnd }: Deadlines,
): number => {
  if (retry === "usage-key") return usageKeyEnd;
  return status === "failed" ? failureEnd : end;
};

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
  check: Check,
  tools: ProofTools,
): Promise<Readonly<Record<string, string>>> {
  const { header = "Authorization", origin, preflightFor } = check;
  return {
    ...(await credentialHeaders(check, tools)),
    ...(origin !== undefined && { Origin: origin }),
    ...(preflightFor !== undefined && {
      "Access-Control-Request-Method": preflightFor,
      "Access-Control-Request-Headers": header.toLowerCase(),
    }),
  };
}

async function credentialHeaders(
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

const describe = (check: Check) => ({
  id: check.id,
  title: check.title,
  expected: expectations[check.expect],
  shows: check.shows,
  sentence: sentenceOf(check),
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
