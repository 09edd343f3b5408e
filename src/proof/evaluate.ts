// What an answer says about a check. A refusal counts only when the gate itself made it.
import type { Answer, Check, CheckStatus, Expectation } from "./check.ts";

export interface Evaluation {
  readonly status: CheckStatus;
  readonly message: string;
  readonly retry: "until-deadline" | "few-times" | "no";
  /** A call that should have been refused got through. */
  readonly broken: boolean;
}

/** The statuses by which a check passes, when the gate itself answers. */
const refusals: Partial<Record<Expectation, readonly number[]>> = {
  unauthorized: [401],
  refused: [401, 403],
  denied: [403],
  "bad-body": [400],
  unknown: [404],
  gone: [404, 405],
  "gone-or-guarded": [404, 405, 401, 403],
};

export function evaluate({ expect }: Check, answer: Answer): Evaluation {
  const { gateError, status } = answer;
  if (status === 429 && gateError)
    return gateError === "QUOTA_EXCEEDED" ? exhausted : throttled;
  // A call that lacks a usage key was not denied: with the key it would have gone on.
  const isRefused =
    gateError !== undefined && refusals[expect]?.includes(status) === true;
  if (isRefused && !(expect === "denied" && gateError === "INVALID_API_KEY"))
    return passed;
  switch (expect) {
    case "unauthorized":
    case "refused":
      return evaluateUnrefused(expect, gateError);
    case "denied":
      return evaluateNotDenied(
        gateError,
        "the call reached the upstream, though this consumer may not make it; check the consumer's `routes`",
      );
    case "bad-body":
      return evaluateNotDenied(
        gateError,
        "the call reached the upstream with a model that the route does not take; run `up` again",
      );
    case "unknown":
    case "gone":
    case "gone-or-guarded":
      return evaluateStillThere(answer);
    case "healthy":
      return status === 200
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

const notMade = (message: string, retry: Evaluation["retry"]): Evaluation => ({
  status: "not-made",
  message,
  retry,
  broken: false,
});

const throttled = notMade(
  "the gate's throttle refused the proof's call; raise `throttle`, or the limits of the consumer's plan",
  "until-deadline",
);

/** A quota lasts for hours at least: repeating the call would not help. */
const exhausted = notMade(
  "the consumer's plan has no calls left; raise its `quota`",
  "no",
);

function evaluateUnrefused(
  expect: "refused" | "unauthorized",
  gateError: string | undefined,
): Evaluation {
  // Closed, but of no use. A 403 is expected of an authorizer of the user's own only.
  if (/^AUTHORIZER_(CONFIGURATION_ERROR|FAILURE)$/.test(gateError ?? ""))
    return failed(
      "the authorizer is failing: no caller passes. " +
        (expect === "refused"
          ? "Look at its log; it refuses a caller by the error `Unauthorized`, exactly, or a Deny policy"
          : "Look at its log and its invoke permission, and run `up` again"),
    );
  return failed(
    gateError
      ? `the gate does not answer 401 here: it said ${gateError}; run \`up\` again, and look at the authorizer's log if it stays`
      : "THE GATE IS OPEN: the call reached the upstream without a right credential; run `destroy`, or take the route away and run `up`",
    true,
  );
}

const evaluateNotDenied = (
  gateError: string | undefined,
  reached: string,
): Evaluation =>
  gateError ? failed(gateMessage(gateError)) : failed(reached, true);

function evaluateStillThere({ gateError, status }: Answer): Evaluation {
  const open = gateError === undefined && status < 400;
  return failed(
    open
      ? "THE GATE IS OPEN: a route that should not be there answers without a credential; run `up` again"
      : "the gate still knows this route; run `up` again",
    open,
  );
}

function evaluateReached({ gateError, status }: Answer): Evaluation {
  if (gateError) return failed(gateMessage(gateError));
  if (status === 401 || status === 403)
    return warning(
      "the upstream refuses the gate's credential; check the upstream's secret and header",
    );
  return status >= 500
    ? warning(`the upstream itself answered ${status}`)
    : passed;
}

function evaluateStreamed({ chunked, gateError, pieces }: Answer): Evaluation {
  if (gateError)
    return notMade("no answer from the upstream to look at", "until-deadline");
  return chunked || pieces > 1
    ? passed
    : notMade(
        "the upstream's answer came whole, too short to tell",
        "few-times",
      );
}

/** What to do about an answer that API Gateway made itself, by its response type. */
const gateMessage = (gateError: string): string =>
  gateMessages[gateError] ??
  `the gate itself answered ${gateError}; look at the authorizer's log`;

const gateMessages: Readonly<Record<string, string>> = {
  UNAUTHORIZED:
    "the gate refuses the proof's credential; run `up` again, and look at the authorizer's log if it stays",
  BAD_REQUEST_BODY:
    "the gate takes no body of the proof's for this route; run `up` again, and look at its `models` if it stays",
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
