import http from "node:http";
import https from "node:https";

export interface Collaborators {
  /** Calls a Lambda function with an event; rejects when the function cannot be called at all. */
  readonly invokeFunction: InvokeFunction;
  /** Calls a function that streams; rejects when it cannot be called at all. Without this, streaming invocations are not served. */
  readonly invokeStreaming?: InvokeStreaming;
  /** Whether API Gateway may assume a role, and whether that may make a call. Without this, permissions of roles are not checked. */
  readonly rolePermits?: RolePermits;
  /** The function's resource policy (JSON), undefined when it has none. Without this, permissions are not checked. */
  readonly functionPolicy?: FunctionPolicy;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Opens the call to an HTTP backend; the default connects to the URL's host. */
  readonly openUpstream?: OpenUpstream;
  /** One line for each refusal caused by the API's own configuration or by a failing backend. No credentials. */
  readonly log?: (line: string) => void;
  /** One line of a stage's access log for each call that is done. */
  readonly accessLog?: (line: string) => void;
  /** How long a stream may stay silent; by default what AWS gives the API's endpoint type. */
  readonly streamIdleMs?: number;
  readonly readings?: Partial<Readings>;
  /** Where a request comes from, for tests of addresses that loopback does not have; by default the peer of its connection. */
  readonly sourceIp?: (request: http.IncomingMessage) => string | undefined;
  /** Through which VPC endpoint a request comes; undefined, and by default, from the internet. */
  readonly vpcEndpoint?: (request: http.IncomingMessage) => string | undefined;
}

/** What AWS does not document, or what nobody here has seen: tests play every reading. */
export interface Readings {
  /**
   * `X-HTTP-Method-Override` (documented: it overrides the method and is not passed on) counts before a route is chosen,
   * or only once the authorizer has answered about the method as it was sent, or not at all.
   */
  readonly methodOverride: "before-routing" | "after-authorizer" | "ignored";
  /** A mapped header replaces the client's in whatever spelling, or one in another spelling is sent beside it. */
  readonly headerTargets: "replace" | "beside";
  /** `method.request.path.*` is what the client sent, or decoded once and quoted again (documented; recorded otherwise). */
  readonly pathValues: "kept" | "requoted";
  /** Names of headers in sources of mappings and in templates have case (documented), or not. */
  readonly headerSources: "any-case" | "exact";
  /** What an unknown path answers to an `Authorization` that is no signature: users report a signature error, not which response it takes. */
  readonly unknownPath: "invalid-signature" | "default-4xx" | "missing-token";
  /** Empty segments of a path: one behind the stage is passed over (recorded), or every one. */
  readonly emptySegments: "leading-merged" | "merged";
  /** Bodies of types that are not declared are read as text (documented), or passed as they are. */
  readonly undeclaredBodies: "text" | "bytes";
  /** A lone `%`, or a plain `|`, `{` or `}` in the query: refused, or let through as it is. */
  readonly malformedUrls: "refused" | "passed";
  /** An upstream's `Expect`, `Host`, `Proxy-Authenticate`, `Trailer` and `Upgrade`: renamed (recorded of mapped ones) or dropped (documented). */
  readonly answerNames: "remapped" | "dropped";
  /** How long a key that was put into a plan does not count yet (recorded: up to two minutes). */
  readonly keyDelaySeconds: number;
  /** A body in a content coding that is not supported is a 415 at once, with AWS's own body, or once the call is authorized. */
  readonly contentCoding: "before-routing" | "after-authorizer";
  /** Of a key that an object has twice, a model checks the last value, as most parsers of JSON have it, or the first. */
  readonly repeatedKeys: "last" | "first";
  /** The `path` of events begins with the base path that led to the API (aws-lambda-go-api-proxy#82 and others), or not. */
  readonly basePathInEvents: "kept" | "left-out";
}

/** Where a careless gate would fail, and for names and paths what was recorded. */
export const defaultReadings: Readings = {
  methodOverride: "after-authorizer",
  headerTargets: "replace",
  pathValues: "kept",
  headerSources: "exact",
  unknownPath: "invalid-signature",
  emptySegments: "leading-merged",
  undeclaredBodies: "text",
  malformedUrls: "refused",
  answerNames: "remapped",
  keyDelaySeconds: 0,
  contentCoding: "before-routing",
  repeatedKeys: "first",
  basePathInEvents: "kept",
};

export type InvokeFunction = (
  functionArn: string,
  event: unknown,
) => Promise<Invocation>;
/** What the function writes, piece by piece; it fails where the function does. */
export type InvokeStreaming = (
  functionArn: string,
  event: unknown,
) => Promise<AsyncIterable<Buffer>>;
export type RolePermits = (question: {
  readonly roleArn: string;
  readonly action: string;
  readonly resource: string;
}) => Promise<"yes" | "not-assumable" | "denied">;
export type FunctionPolicy = (
  functionArn: string,
) => Promise<string | undefined>;
/** `url` is the origin only: the raw path and query are in `options.path`, so that nothing normalises them. */
export type OpenUpstream = (
  url: URL,
  options: http.RequestOptions,
) => http.ClientRequest;

export interface Invocation {
  /** The function's JSON result, parsed. */
  readonly payload: unknown;
  /** The value of `x-amz-function-error` when the function failed; the payload is then its error object. */
  readonly functionError?: string;
}

export const openDirectly: OpenUpstream = (url, options) =>
  (url.protocol === "https:" ? https : http).request(url, options);

/** Settles as `work` does, or rejects with `DeadlineError` after `ms`. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}
