// What AWS itself says an upstream would receive of a call (`TestInvokeMethod`). A test call asks no authorizer, so what a mapping takes
// from its answer is absent, and then API Gateway leaves the caller's header as it is: only headers with a fixed value tell anything.
import { type Gate, isHttp, type Route, upstreamOf } from "../gate/gate.ts";
import { headerSources } from "../gate/overwritten-headers.ts";
import { samplePath } from "./calls.ts";
import type { CheckResult } from "./check.ts";

export interface TestCall {
  readonly upstream: string;
  readonly method: string;
  /** Of the API's resource, as `/openai/{proxy+}`. */
  readonly resource: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The document's own spelling of the names, or capitals: AWS does not document what it does with those. */
  readonly spelling: "own" | "capitals";
}

/** The log shows no more of an Authorization header than its end. */
const canary = "zq7kx9";

/** A test call is sent to the upstream, without a credential. */
const harmless = ["GET", "HEAD", "POST"] as const;

/** @returns two calls for the first route of each upstream at a URL */
export function planTestCalls(
  gate: Pick<
    Gate,
    "auth" | "routes" | "stripHeaders" | "tokenHeaders" | "upstreams"
  >,
): TestCall[] {
  const seen = new Set<string>();
  return gate.routes.flatMap((route) => {
    const upstream = upstreamOf(gate, route);
    const method = harmless.find((one) => route.methods.includes(one));
    if (seen.has(upstream.name) || !isHttp(upstream) || method === undefined)
      return [];
    seen.add(upstream.name);
    const { stream } = route;
    const names = Object.entries(
      headerSources(gate, upstream, { method, stream }),
    ).flatMap(([name, source]) => (source.startsWith("'") ? [name] : []));
    const call = { upstream: upstream.name, method, ...placeOf(route) };
    return (["own", "capitals"] as const).map((spelling) => ({
      ...call,
      spelling,
      headers: Object.fromEntries(
        names.map((name) => [
          spelling === "own" ? name : name.toUpperCase(),
          `canary-${canary}`,
        ]),
      ),
    }));
  });
}

const placeOf = ({ path }: Route) => ({
  resource: path,
  path: samplePath(path),
});

/** What a test call shows: `unknown` says why it shows nothing. */
export type Reading =
  | { readonly kind: "kept-back" }
  | { readonly kind: "passed-on"; readonly headers: readonly string[] }
  | { readonly kind: "unknown"; readonly why: string };

const line = /Endpoint request headers: (.*)$/m;

/** @param log of the answer to `TestInvokeMethod` */
export function readTestLog(log: string): Reading {
  const [, sent] = line.exec(log) ?? [];
  if (sent === undefined)
    return { kind: "unknown", why: "its log does not say what would be sent" };
  // `{Accept=a/b, x-api-key=none}`, without quotes.
  const headers = [...sent.matchAll(/([^\s{,=]+)=(.*?)(?=, [^\s,=]+=|$)/g)]
    .filter(([, , value = ""]) => value.includes(canary))
    .map(([, name = ""]) => name);
  if (headers.length > 0) return { kind: "passed-on", headers };
  return /\[TRUNCATED\]/.test(sent)
    ? { kind: "unknown", why: "its log of the headers is cut off" }
    : { kind: "kept-back" };
}

/**
 * A result for what went wrong alone. In the document's own spelling it is documented that the gate's value replaces the caller's; of
 * capitals nothing is, and a test call is not a call of the stage, so they are a warning.
 */
export function evaluateTestCall(
  { method, resource, spelling, upstream }: TestCall,
  reading: Reading,
): CheckResult | undefined {
  if (reading.kind !== "passed-on") return undefined;
  const names = reading.headers.map((name) => `\`${name}\``).join(", ");
  const expected = "none of the headers that the gate overwrites";
  const shows =
    "an upstream gets no header of the caller's that the gate sets itself";
  return {
    id: `received ${upstream}${spelling === "own" ? "" : " capitals"}`,
    title: `What ${upstream} would receive of ${method} ${resource}`,
    expected,
    shows,
    sentence: `A test call by AWS of \`${method} ${resource}\` with headers of the caller's must bring ${expected}: ${shows}`,
    actual: reading.headers.join(", "),
    attempts: 1,
    ...(spelling === "own"
      ? {
          status: "failed",
          message: `API Gateway hands on ${names} as the caller wrote it; run \`up\` again, and report this if it stays`,
        }
      : {
          status: "warning",
          message: `in AWS's test call ${names} in capitals went on as the caller wrote it: have callers send credentials in the spelling of the docs, and report this`,
        }),
  };
}
