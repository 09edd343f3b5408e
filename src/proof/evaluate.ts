// What an answer of the gate says about a check. Pure; a refusal counts only when the gate itself spoke it.
import type { Answer, Check, CheckStatus } from "./check.ts";

export interface Judgement {
  readonly status: CheckStatus;
  readonly message: string;
  /** How long to ask again: until the deadline, a few times only, or not at all. */
  readonly patience: "deadline" | "few" | "none";
  /** A call that should have been refused got through. */
  readonly broken: boolean;
}

/** Judges one answer; pure, so that the same answer always means the same. */
export function judge(check: Check, answer: Answer): Judgement {
  if (answer.status === 429 && answer.gateError)
    return answer.gateError === "QUOTA_EXCEEDED" ? exhausted : throttled;
  switch (check.expect) {
    case "unauthorized":
      return isGate(answer, 401) ? passed : judgeOpen(check, answer);
    case "refused":
      return isGate(answer, 401, 403) ? passed : judgeOpen(check, answer);
    case "denied":
      // A call that lacks a usage key was not denied: with the key it would have gone on.
      return isGate(answer, 403) && answer.gateError !== "INVALID_API_KEY"
        ? passed
        : judgeNotDenied(answer);
    case "unknown":
      return isGate(answer, 404) ? passed : judgeStillThere(answer);
    case "gone-or-guarded":
      return isGate(answer, 404, 401, 403) ? passed : judgeStillThere(answer);
    case "healthy":
      return answer.status === 200
        ? passed
        : failed(
            "the gate's own health route does not answer; run `up` again, and look at the deployment of the stage if it stays",
          );
    case "reached":
      return judgeReached(answer);
    case "streamed":
      return judgeStreamed(answer);
  }
}

/** Judges a call that got no answer at all (DNS, refused, reset, timeout). */
export const judgeSilence = (cause: string): Judgement =>
  failed(
    `no answer (${cause}); check that the gate's URL can be reached from this runner`,
  );

const isGate = (answer: Answer, ...statuses: readonly number[]): boolean =>
  answer.gateError !== undefined && statuses.includes(answer.status);

const passed: Judgement = {
  status: "passed",
  message: "",
  patience: "none",
  broken: false,
};

const failed = (message: string, broken = false): Judgement => ({
  status: "failed",
  message,
  patience: "deadline",
  broken,
});

const warning = (message: string): Judgement => ({
  status: "warning",
  message,
  patience: "few",
  broken: false,
});

const throttled: Judgement = {
  status: "not-made",
  message:
    "the gate's throttle refused the proof's call; raise `throttle`, or the limits of the consumer's plan",
  patience: "deadline",
  broken: false,
};

/** A quota lasts for hours at least: asking again would not help. */
const exhausted: Judgement = {
  status: "not-made",
  message: "the consumer's plan has no calls left; raise its `quota`",
  patience: "none",
  broken: false,
};

/** Closed, but of no use. `expect` is `refused` for an authorizer of the user's own. */
const authorizerFailing = (expect: Check["expect"]): Judgement =>
  failed(
    "the authorizer is failing: nobody passes. " +
      (expect === "refused"
        ? "Look at its log; it refuses a caller by the error `Unauthorized`, exactly, or a Deny policy"
        : "Look at its log and its invoke permission, and run `up` again"),
  );

function judgeOpen({ expect }: Check, answer: Answer): Judgement {
  if (/^AUTHORIZER_(CONFIGURATION_ERROR|FAILURE)$/.test(answer.gateError ?? ""))
    return authorizerFailing(expect);
  if (answer.gateError) {
    return failed(
      `the gate does not answer 401 here: it said ${answer.gateError}; run \`up\` again, and look at the authorizer's log if it stays`,
      true,
    );
  }
  return failed(
    "THE GATE IS OPEN: the call reached the upstream without a right credential; run `destroy`, or take the route away and run `up`",
    true,
  );
}

function judgeNotDenied(answer: Answer): Judgement {
  if (answer.gateError) return failed(gateMessage(answer.gateError));
  return failed(
    "the call reached the upstream, though this consumer may not make it; check the consumer's `routes`",
    true,
  );
}

function judgeStillThere(answer: Answer): Judgement {
  const open = answer.gateError === undefined && answer.status < 400;
  return failed(
    open
      ? "THE GATE IS OPEN: a route that should not be there answers without a credential; run `up` again"
      : "the gate still knows this route; run `up` again",
    open,
  );
}

function judgeReached(answer: Answer): Judgement {
  if (answer.gateError) return failed(gateMessage(answer.gateError));
  if (answer.status === 401 || answer.status === 403) {
    return warning(
      "the upstream refuses the gate's credential; check the upstream's secret and header",
    );
  }
  if (answer.status >= 500) {
    return warning(`the upstream itself answered ${answer.status}`);
  }
  return passed;
}

function judgeStreamed(answer: Answer): Judgement {
  if (answer.gateError) {
    return {
      ...warning("no answer from the upstream to look at"),
      status: "not-made",
      patience: "deadline",
    };
  }
  if (answer.chunked || answer.pieces > 1) return passed;
  return {
    ...warning("the upstream's answer came whole, too short to tell"),
    status: "not-made",
  };
}

/** What to do about an answer that API Gateway made itself, by its response type. */
function gateMessage(gateError: string): string {
  return (
    gateMessages[gateError] ??
    `the gate itself answered ${gateError}; look at the authorizer's log`
  );
}

const gateMessages: Readonly<Record<string, string>> = {
  UNAUTHORIZED:
    "the gate refuses the proof's credential; run `up` again, and look at the authorizer's log if it stays",
  ACCESS_DENIED:
    "the gate says this caller may not make the call; check the consumer's `routes`",
  INVALID_API_KEY:
    "API Gateway does not know the consumer's usage key (yet: a new one takes up to two minutes; raise `proof-timeout`), or it is in no plan of this stage; run `up` again if it stays",
  AUTHORIZER_FAILURE:
    "the authorizer failed; look at its log, and check that the upstream's secret exists and can be read",
  AUTHORIZER_CONFIGURATION_ERROR:
    "API Gateway could not run the authorizer or read its answer; look at its log and its invoke permission",
  INTEGRATION_FAILURE:
    "the gate cannot reach the upstream; check the upstream's URL",
  INTEGRATION_TIMEOUT:
    "the upstream did not answer in time; check its URL, or raise the route's `timeout`",
};
