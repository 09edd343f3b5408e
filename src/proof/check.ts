// A check of a deployed gate, its answer and its result.
import type { HttpMethod } from "../gate/gate.ts";

/** What a check sends in a token header of the gate. `proof-token` is the user's own token, for a custom authorizer. */
export type Credential =
  "none" | "wrong" | "proof-token" | { readonly consumer: string };

/** What must come back; `expectations` says it in words. */
export type Expectation = keyof typeof expectations;

export const expectations = {
  unauthorized: "401 from the gate",
  refused: "401 or 403 from the gate",
  denied: "403 from the gate",
  "bad-body": "400 from the gate",
  reached: "an answer from the upstream",
  accepted: "an answer from the upstream, not 401 or 403",
  streamed: "an answer in pieces",
  healthy: "200",
  unknown: "404 from the gate",
  gone: "404 or 405 from the gate",
  "gone-or-denied": "404, 405 or 403 from the gate",
  "gone-or-guarded": "404, 405, 401 or 403 from the gate",
  "readable-refusal": "401 or 403 from the gate that the page may read",
  preflight: "permission for the page's call",
  "no-permission": "no permission for a page of this origin",
  "readable-answer": "an answer from the upstream that the page may read",
} as const;

interface Body {
  readonly type: string;
  readonly text: string;
}

/** One HTTP call and what must come back. */
export interface Check {
  /** The same in every run: `closed GET /score`. */
  readonly id: string;
  readonly title: string;
  /** What is shown when it passes, as a clause: `nobody passes without a credential`. */
  readonly shows: string;
  readonly method: HttpMethod | "OPTIONS";
  /** Below the stage, with its query, ready to be asked: no `{}` left. */
  readonly path: string;
  readonly credential: Credential;
  /** The header of the credential, or of the one that a preflight asks for; `Authorization` unless given. */
  readonly header?: string;
  readonly body?: Body;
  /** The page that makes the call, as a browser names it. */
  readonly origin?: string;
  /** The method that a preflight asks for. */
  readonly preflightFor?: HttpMethod;
  readonly expect: Expectation;
  readonly upstream?: AskedUpstream;
  /** Why the check cannot be made; it is reported and nothing is asked. */
  readonly notMade?: string;
  /** Whose `network` may refuse it because of the address of this run. */
  readonly network?: "gate" | "consumer";
}

/** The upstream that a check asks. */
export interface AskedUpstream {
  readonly name: string;
  /** Whether the gate sends it a credential. */
  readonly hasCredential: boolean;
  /** The gate makes its key by itself. */
  readonly isMinted?: true;
  /** API Gateway calls a SageMaker endpoint as a role that the gate made. */
  readonly hasRole?: true;
  /** A documented question of its service, a path that the config names, or one made up below a `{name}`. */
  readonly asked: "question" | "named-path" | "made-up-path";
}

export type CheckStatus = "passed" | "failed" | "warning" | "not-made";

export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  readonly shows: string;
  /** What is asked, what must come back, and why. */
  readonly sentence: string;
  /** `401 UNAUTHORIZED` (the gate's own answer), `404`, `no answer`, or empty when nothing was asked. */
  readonly actual: string;
  readonly status: CheckStatus;
  readonly attempts: number;
  /** What it means and what to do; empty when passed. */
  readonly message: string;
  /** The upstream refuses the gate's credential: the gate works, the secret does not. */
  readonly upstreamRefused?: boolean;
}

export interface ProofResult {
  /** True when a call without a right credential was answered with anything but a refusal. */
  readonly broken: boolean;
  /** True when any check failed. */
  readonly failed: boolean;
  /** True when the gate takes no calls from where this run is: what it would answer others is not known. */
  readonly outside?: boolean;
  /** With `outside`: the gate has no address yet at which anybody could ask it. */
  readonly withoutAddress?: true;
  /** In the order of the plan. */
  readonly results: readonly CheckResult[];
}

/** What a service says in a body instead of by its status. */
export const bodyMarks = [
  /** SageMaker and Bedrock, with status 200: there is no such path. */
  "UnknownOperationException",
  /** Google, with status 400. */
  "API_KEY_INVALID",
  /** OpenAI, with status 401 or 403: the key is right, but may not make this call. */
  "Missing scopes",
] as const;

export type BodyMark = (typeof bodyMarks)[number];

/**
 * What API Gateway says, by its `x-amzn-ErrorType`, where no gateway response of a gate applies: there is no such API or stage, or the
 * stage serves no such path. An upstream may say the same.
 */
export const bareErrors = {
  ForbiddenException: "Forbidden",
  MissingAuthenticationTokenException: "Missing Authentication Token",
} as const;

export type BareError = keyof typeof bareErrors;

/** What the gate answered to one call. Nothing else of headers and body is kept: they are an upstream's. */
export interface Answer {
  readonly status: number;
  /** API Gateway's response type when this gate itself answered (`UNAUTHORIZED`), absent when anybody else did. */
  readonly gateError?: string;
  /** Its status, header and whole body are those of this error, and no integration passed it on. */
  readonly bareError?: BareError;
  readonly chunked: boolean;
  /** How many separate pieces the first bytes of the body came in. */
  readonly pieces: number;
  readonly mark?: BodyMark;
  /** The host that a redirect leads to, when it is not the gate's own. */
  readonly redirectsTo?: string;
  /** What a browser looks at, as it was sent. */
  readonly allows: {
    readonly origin?: string;
    readonly methods?: string;
    readonly headers?: string;
  };
}

/** Asks the gate one question. Throws when there is no answer (DNS, refused, reset, timeout). */
export type Ask = (question: {
  readonly method: Check["method"];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}) => Promise<Answer>;

/** A check as a sentence for the reader: what is asked, what must come back, and why. */
export function sentenceOf(check: Check): string {
  const { expect, method, path, origin, shows } = check;
  const page = origin === undefined ? "" : `, from a page of ${origin}`;
  const caller = `${wordCaller(check)}${page}`;
  const pause = caller.includes(",") ? "," : "";
  return `\`${method} ${path}\` ${caller}${pause} must bring ${expectations[expect]}: ${shows}`;
}

function wordCaller({ credential, header = "Authorization" }: Check): string {
  if (credential === "none") return "without a credential";
  if (credential === "wrong") return `with a made-up credential in ${header}`;
  return credential === "proof-token"
    ? `with your \`proof-token\` in ${header}`
    : `as ${credential.consumer}, with a credential signed for this run in ${header}`;
}
