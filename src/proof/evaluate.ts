// What an answer says about a check. A refusal counts only when the gate itself made it.
import { noRouteErrors } from "../gate/openapi/gateway-responses.ts";
import type {
  Answer,
  AskedUpstream,
  BareError,
  Check,
  CheckStatus,
  Expectation,
} from "./check.ts";

export interface Evaluation {
  readonly status: CheckStatus;
  readonly message: string;
  /** `usage-key`: until a new one is known everywhere, which has a deadline of its own. */
  readonly retry: "until-deadline" | "usage-key" | "few-times" | "no";
  /** A call that should have been refused got through. */
  readonly broken: boolean;
  readonly upstreamRefused?: boolean;
  /** With `broken`: not if the gate's own health route is answered with the same. */
  readonly unless?: BareError;
  /** The gate takes no calls from this address. */
  readonly outside?: boolean;
}

/** The statuses by which a check passes, when the gate itself answers. */
const refusals: Partial<Record<Expectation, readonly number[]>> = {
  unauthorized: [401],
  refused: [401, 403],
  denied: [403],
  "bad-body": [400],
  unknown: [404],
  gone: [404, 405],
  "gone-or-denied": [404, 405, 403],
  "gone-or-guarded": [404, 405, 401, 403],
};

export function evaluate(check: Check, answer: Answer): Evaluation {
  const { expect } = check;
  const { gateError, status } = answer;
  const elsewhere = evaluateNetwork(check, answer);
  if (elsewhere !== undefined) return elsewhere;
  if (status === 429 && gateError) return evaluateThrottled(expect, gateError);
  // A call that lacks a usage key was not denied: with the key it would have gone on.
  const isRefused =
    gateError !== undefined && refusals[expect]?.includes(status) === true;
  if (isRefused && !(expect === "denied" && gateError === "INVALID_API_KEY"))
    return passed;
  switch (expect) {
    case "unauthorized":
    case "refused":
      return evaluateUnrefused(expect, answer);
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
    case "gone-or-denied":
    case "gone-or-guarded":
      return evaluateStillThere(answer);
    case "healthy":
      return status === 200
        ? passed
        : failed(
            "the gate's own health route does not answer; run `up` again, and look at the deployment of the stage if it stays",
          );
    case "reached":
      return gateError ? evaluateStopped(gateError) : passed;
    case "accepted":
      return evaluateUpstream(check, answer);
    case "streamed":
      return evaluateStreamed(answer);
    case "readable-refusal":
    case "preflight":
    case "no-permission":
    case "readable-answer":
      return evaluateForPage(expect, check, answer);
  }
}

/** An address that is not allowed looks like a refused credential, or for the whole gate like a denied call: neither opens anything. */
function evaluateNetwork(
  { credential, network }: Check,
  { gateError, status }: Answer,
): Evaluation | undefined {
  // Without a right credential the authorizer itself says 401.
  if (network === "gate" && status === 403 && gateError === "ACCESS_DENIED")
    return { ...passed, outside: true, retry: "few-times" };
  if (network !== "consumer" || gateError !== "UNAUTHORIZED") return undefined;
  const who = typeof credential === "object" ? credential.consumer : "";
  return notMade(
    `the gate takes calls of ${who} from the consumer's \`network\` alone, and this run is not there; run the proof on a runner within it to have this checked`,
    "few-times",
  );
}

/** For DNS failures, refused and reset connections, timeouts. */
export const evaluateNoAnswer = (cause: string): Evaluation =>
  failed(
    `no answer (${cause}); check that the gate's URL can be reached from this runner, and that nobody deleted the API`,
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

/** A call that had to be refused was not seen to be. */
function evaluateThrottled(expect: Expectation, gateError: string): Evaluation {
  if (expect === "unauthorized" || expect === "refused")
    return failed(
      `${notProved}: its throttle refused the call (429) before the authorizer could; raise \`throttle\` or \`proof-timeout\`, or run \`up\` again when there are fewer calls`,
    );
  return gateError === "QUOTA_EXCEEDED" ? exhausted : throttled;
}

const throttled = notMade(
  "the gate's throttle refused the proof's call; raise `throttle`, or the limits of the consumer's plan",
  "until-deadline",
);

/** A quota lasts for hours at least: repeating the call would not help. */
const exhausted = notMade(
  "the consumer's plan has no calls left; raise its `quota`",
  "no",
);

/** Only what passed the authorizer is called open. That of anything else is not said either that it is closed. */
function evaluateUnrefused(
  expect: "refused" | "unauthorized",
  { bareError, gateError = "" }: Answer,
): Evaluation {
  if (gateError === "")
    return {
      ...failed(`${isOpen}: the call reached the upstream ${andCloseIt}`, true),
      ...(bareError && { unless: bareError }),
    };
  // Closed, but of no use. A 403 is expected of an authorizer of the user's own only.
  if (/^AUTHORIZER_(CONFIGURATION_ERROR|FAILURE)$/.test(gateError))
    return failed(
      "the authorizer is failing: no caller passes. " +
        (expect === "refused"
          ? "Look at its log; it refuses a caller by the error `Unauthorized`, exactly, or a Deny policy"
          : "Look at its log and its invoke permission, and run `up` again"),
    );
  if (/^INTEGRATION_(FAILURE|TIMEOUT)$/.test(gateError))
    return failed(
      `${isOpen}: only the upstream did not answer a call that got through to it ${andCloseIt}`,
      true,
    );
  const before = stoppedBefore[gateError];
  return before === undefined
    ? failed(
        `the gate does not answer 401 here: it said ${gateError}; run \`up\` again, and look at the authorizer's log if it stays`,
        true,
      )
    : failed(
        `${notProved}: ${before}, so the authorizer was not seen to refuse it; run \`up\` again, and look at what was changed by hand if it stays`,
      );
}

const isOpen = "THE GATE IS OPEN";
const andCloseIt =
  "without a right credential; run `destroy`, or take the route away and run `up`";
const notProved = "NOT PROVED that the gate is closed";

/** By response type: what ended a call before any integration. */
const stoppedBefore: Readonly<Record<string, string>> = {
  ACCESS_DENIED: "the call was denied (403), not refused for its credential",
  WAF_FILTERED: "a firewall rule blocked the call",
  ...Object.fromEntries(
    noRouteErrors.map((name) => [name, "the stage serves no such route"]),
  ),
};

/** Where API Gateway says so to the gate's own health route too, there was nothing that a call could have got through. */
export const bareMessages: Readonly<Record<BareError, string>> = {
  ForbiddenException: `${notProved}: the stage does not answer. API Gateway says Forbidden to every path, as where the stage or the REST API is not there; run \`up\` again, and look whether somebody deleted it`,
  MissingAuthenticationTokenException: `${notProved}: the stage does not serve this gate. API Gateway knows none of its paths, not even that of its health route; run \`up\` again, and look at who deploys this API`,
};

const evaluateNotDenied = (
  gateError: string | undefined,
  reached: string,
): Evaluation =>
  gateError ? failed(gateMessage(gateError)) : failed(reached, true);

function evaluateStillThere({ gateError, status }: Answer): Evaluation {
  const open = gateError === undefined && status < 400;
  return failed(
    open
      ? `${isOpen}: a route that should not be there answers without a credential; run \`up\` again`
      : "the gate still knows this route; run `up` again",
    open,
  );
}

function evaluateStopped(gateError: string): Evaluation {
  const message = gateMessage(gateError);
  return gateError === "INVALID_API_KEY"
    ? { ...failed(message), retry: "usage-key" }
    : failed(message);
}

function evaluateUpstream(check: Check, answer: Answer): Evaluation {
  const { gateError, mark, redirectsTo, status } = answer;
  if (gateError) return evaluateStopped(gateError);
  const { upstream = unknownUpstream } = check;
  if (upstream.hasRole && (status === 400 || status === 403))
    return evaluateEndpoint(check, upstream, status);
  if (status === 401 || status === 403 || mark === "API_KEY_INVALID")
    return evaluateRefusal(check, upstream, answer);
  if (redirectsTo !== undefined)
    return warning(
      `the upstream ${upstream.name} redirects to ${redirectsTo}, which leads clients around the gate, without the upstream's credential; give the upstream a \`url\` (or the route a path) that answers without a redirect`,
    );
  if (mark === "UnknownOperationException" && upstream.asked !== "made-up-path")
    return unknownOperation(upstream);
  return status >= 500
    ? warning(`the upstream itself answered ${status}`)
    : passed;
}

const unknownUpstream: AskedUpstream = {
  name: "",
  hasCredential: false,
  asked: "made-up-path",
};

/** The model's own errors are 424 (InvokeEndpoint, "Errors"). What a new role may do can take SageMaker a while to know. */
function evaluateEndpoint(
  { method, path }: Check,
  { name }: AskedUpstream,
  status: 400 | 403,
): Evaluation {
  const answered = `SageMaker answered ${status} to ${method} ${path}`;
  return status === 403
    ? {
        ...failed(
          `the upstream ${name} refuses the gate's role: ${answered}; look whether a policy of the account or the organization keeps \`sagemaker:InvokeEndpoint\` from it`,
        ),
        upstreamRefused: true,
      }
    : {
        ...failed(
          `the upstream ${name} takes no call: ${answered}; check that its \`endpoint\` is there and in service, and serves one model without inference components`,
        ),
        retry: "few-times",
        upstreamRefused: true,
      };
}

function evaluateRefusal(
  { method, path }: Check,
  { asked, hasCredential, isMinted, name }: AskedUpstream,
  { mark, status }: Answer,
): Evaluation {
  const answered = `it answered ${status} to ${method} ${path}`;
  if (!hasCredential)
    return warning(
      `the upstream ${name} wants a credential: ${answered}; give the upstream a \`secret\`, and a \`header\` if it is not its kind's`,
    );
  if (mark === "Missing scopes")
    return warning(
      `the upstream ${name} knows the gate's credential, but does not let it make this call: ${answered}; check that the key has the permissions that callers need`,
    );
  const advice = isMinted
    ? "check the upstream's `models`, and that the account has access to them"
    : "check the upstream's secret and header";
  const refused = `the upstream ${name} refuses the gate's credential: ${answered}; ${advice}`;
  if (status === 403 && asked !== "question" && mark === undefined)
    return warning(
      `the upstream ${name} may refuse the gate's credential: ${answered}; ${advice}`,
    );
  return {
    ...failed(refused),
    retry: "few-times",
    upstreamRefused: true,
  };
}

/** A path that the config names may be right for another method. */
function unknownOperation({ asked, name }: AskedUpstream): Evaluation {
  const message = `the upstream ${name} answered UnknownOperationException: it has no such path; check the upstream's \`url\``;
  return asked === "question"
    ? { ...failed(message), retry: "few-times" }
    : warning(message);
}

function evaluateStreamed(answer: Answer): Evaluation {
  const { chunked, gateError, mark, pieces, status } = answer;
  if (gateError)
    return notMade("no answer from the upstream to look at", "until-deadline");
  if (status === 401 || status === 403 || mark !== undefined)
    return notMade(
      "the upstream refused the call, so its answer shows nothing",
      "few-times",
    );
  return chunked || pieces > 1
    ? passed
    : notMade(
        "the upstream's answer came whole, too short to tell",
        "few-times",
      );
}

function evaluateForPage(
  expect:
    "no-permission" | "preflight" | "readable-answer" | "readable-refusal",
  check: Check,
  answer: Answer,
): Evaluation {
  const { header = "Authorization", origin = "", preflightFor = "" } = check;
  const { allows, gateError, status } = answer;
  const isAllowed = allows.origin === origin || allows.origin === "*";
  const notAllowed = `has no Access-Control-Allow-Origin for ${origin}`;
  switch (expect) {
    case "no-permission":
      return isAllowed
        ? failed(
            `the gate allows pages of any origin, though \`cors\` does not name ${origin}; run \`up\` again`,
          )
        : passed;
    case "preflight": {
      const isFull =
        listed(allows.methods).includes(preflightFor.toLowerCase()) &&
        // The wildcard does not cover this one (Fetch standard).
        (listed(allows.headers).includes(header.toLowerCase()) ||
          (listed(allows.headers).includes("*") &&
            header.toLowerCase() !== "authorization"));
      return gateError === undefined && status < 300 && isAllowed && isFull
        ? passed
        : failed(
            `the gate does not let pages of ${origin} send ${preflightFor} with ${header}; run \`up\` again`,
          );
    }
    case "readable-refusal":
      if (gateError === undefined || (status !== 401 && status !== 403))
        return evaluateUnrefused("refused", answer);
      return isAllowed
        ? passed
        : failed(
            `the gate's own answer ${notAllowed}: the page sees a network error instead of it; run \`up\` again`,
          );
    case "readable-answer":
      if (gateError)
        return notMade(
          "no answer from the upstream to look at",
          gateError === "INVALID_API_KEY" ? "usage-key" : "until-deadline",
        );
      return isAllowed
        ? passed
        : { ...warning(unreadable(check, notAllowed)), retry: "no" };
  }
}

const unreadable = (
  { upstream = unknownUpstream }: Check,
  fault: string,
): string =>
  `the answer of the upstream ${upstream.name} ${fault}: the browser hides it, and the page sees a network error; have the upstream allow this origin, or let the page call a server of yours that calls the gate`;

const listed = (value = ""): string[] =>
  value.split(",").map((one) => one.trim().toLowerCase());

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
    "API Gateway does not know the consumer's usage key (a new one can take minutes), or it is in no plan of this stage; run `up` again, and raise `proof-timeout` if it stays",
  AUTHORIZER_FAILURE:
    "the authorizer failed; look at its log, and check that the upstream's secret exists and can be read",
  AUTHORIZER_CONFIGURATION_ERROR:
    "API Gateway could not run the authorizer or read its answer; look at its log and its invoke permission",
  INTEGRATION_FAILURE:
    "the gate cannot reach the upstream; check the upstream's URL and `vpc-link`, if any",
  INTEGRATION_TIMEOUT:
    "the upstream did not answer in time; check its URL, or raise the route's `timeout`",
};
