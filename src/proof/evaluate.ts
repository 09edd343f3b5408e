// What an answer says about a check. A refusal counts only when the gate itself made it.
import type { Answer, Check, CheckStatus } from "./check.ts";

export interface Evaluation {
  readonly status: CheckStatus;
  readonly message: string;
  readonly retry: "until-deadline" | "few-times" | "no";
  /** A call that should have been refused got through. */
  readonly broken: boolean;
}

export function evaluate(check: Check, answer: Answer): Evaluation {
  if (answer.status === 429 && answer.gateError)
    return answer.gateError === "QUOTA_EXCEEDED" ? exhausted : throttled;
  switch (check.expect) {
    case "unauthorized":
      return isGate(answer, 401) ? passed : evaluateUnrefused(check, answer);
    case "refused":
      return isGate(answer, 401, 403)
        ? passed
        : evaluateUnrefused(check, answer);
    case "denied":
      // A call that lacks a usage key was not denied: with the key it would have gone on.
      return isGate(answer, 403) && answer.gateError !== "INVALID_API_KEY"
        ? passed
        : evaluateNotDenied(answer);
    case "unknown":
      return isGate(answer, 404) ? passed : evaluateStillThere(answer);
    case "gone-or-guarded":
      return isGate(answer, 404, 401, 403)
        ? passed
        : evaluateStillThere(answer);
    case "healthy":
      return answer.status === 200
        ? passed
        : failed(
            "the gate's own health route does not answer; run `up` again, and look at the deployment of the stage if it stays",
          );
    case "reached":
      return evaluateReached(answer);
    case "streamed":
      return evaluateStreamed(answer);
  }
}

/** For DNS failures, refused and reset connections, timeouts. */
export const evaluateNoAnswer = (cause: string): Evaluation =>
  failed(
    `no answer (${cause}); check that the gate's URL can be reached from this runner`,
  );

const isGate = (answer: Answer, ...statuses: readonly number[]): boolean =>
  answer.gateError !== undefined && statuses.includes(answer.status);

const passed: Evaluation = {
  status: "passed",
  message: "",
  retry: "no",
  broken: false,
};

const failed = (message: string, broken = false): Evaluation => ({
  status: "failed",
  message,
  retry: "until-deadline",
  broken,
});

const warning = (message: string): Evaluation => ({
  status: "warning",
  message,
  retry: "few-times",
  broken: false,
});

const throttled: Evaluation = {
  status: "not-made",
  message:
    "the gate's throttle refused the proof's call; raise `throttle`, or the limits of the consumer's plan",
  retry: "until-deadline",
  broken: false,
};

/** A quota lasts for hours at least: asking again would not help. */
const exhausted: Evaluation = {
  status: "not-made",
  message: "the consumer's plan has no calls left; raise its `quota`",
  retry: "no",
  broken: false,
};

/** Closed, but of no use. `expect` is `refused` for an authorizer of the user's own. */
const authorizerFailing = (expect: Check["expect"]): Evaluation =>
  failed(
    "the authorizer is failing: nobody passes. " +
      (expect === "refused"
        ? "Look at its log; it refuses a caller by the error `Unauthorized`, exactly, or a Deny policy"
        : "Look at its log and its invoke permission, and run `up` again"),
  );

function evaluateUnrefused({ expect }: Check, answer: Answer): Evaluation {
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

function evaluateNotDenied(answer: Answer): Evaluation {
  if (answer.gateError) return failed(gateMessage(answer.gateError));
  return failed(
    "the call reached the upstream, though this consumer may not make it; check the consumer's `routes`",
    true,
  );
}

function evaluateStillThere(answer: Answer): Evaluation {
  const open = answer.gateError === undefined && answer.status < 400;
  return failed(
    open
      ? "THE GATE IS OPEN: a route that should not be there answers without a credential; run `up` again"
      : "the gate still knows this route; run `up` again",
    open,
  );
}

function evaluateReached(answer: Answer): Evaluation {
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

function evaluateStreamed(answer: Answer): Evaluation {
  if (answer.gateError) {
    return {
      ...warning("no answer from the upstream to look at"),
      status: "not-made",
      retry: "until-deadline",
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
