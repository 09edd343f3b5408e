// What AWS itself says an upstream would receive of a call (`TestInvokeMethod`). A test call asks no authorizer, so what a mapping takes
// from its answer is absent, and then API Gateway leaves the caller's header as it is: only headers with a fixed value tell anything.
import {
  type Gate,
  type HttpMethod,
  type HttpUpstream,
  isFronted,
  isHttp,
  type Route,
  upstreamOf,
} from "../gate/gate.ts";
import { headerSources } from "../gate/overwritten-headers.ts";
import { parametersOf, placeholdersOf, targetUrl } from "../gate/paths.ts";
import { samplePath } from "./calls.ts";
import type { CheckResult } from "./check.ts";

export interface TestCall {
  readonly upstream: string;
  readonly method: string;
  /** Of the API's resource, as `/openai/{proxy+}`. */
  readonly resource: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * What it tries: headers in the document's own spelling, in capitals (AWS does not document what it does with those), or a path
   * with encoded characters.
   */
  readonly tries: "headers" | "capitals" | "path";
}

/** The log shows no more of an Authorization header than its end. */
const canary = "zq7kx9";

/** A dot segment, a slash, a percent sign and a question mark, as a caller may encode them. */
const encodedPath = `..%2f${canary}%2Fa%25%3Fb`;

/** A test call is sent to the upstream, without a credential. */
const harmless = ["GET", "HEAD", "POST"] as const;

type Tested = Pick<
  Gate,
  "auth" | "network" | "routes" | "stripHeaders" | "tokenHeaders" | "upstreams"
>;

/** @returns calls of the first route of each upstream at a URL, and of its first one whose parameter is in that URL */
export function planTestCalls(gate: Tested): TestCall[] {
  const seen = new Set<string>();
  const places = gate.routes.flatMap((route) => {
    const upstream = upstreamOf(gate, route);
    const method = harmless.find((one) => route.methods.includes(one));
    return isHttp(upstream) && method ? [{ route, upstream, method }] : [];
  });
  return places.flatMap((place) => {
    const { upstream } = place;
    if (seen.has(upstream.name)) return [];
    seen.add(upstream.name);
    const inUrl = places.find(
      (one) =>
        one.upstream === upstream &&
        placeholdersOf(targetUrl(one.route, upstream)).length > 0,
    );
    return [...headerCalls(gate, place), ...(inUrl ? [pathCall(inUrl)] : [])];
  });
}

interface Place {
  readonly route: Route;
  readonly upstream: HttpUpstream;
  readonly method: HttpMethod;
}

const callOf = ({ method, route, upstream }: Place) => ({
  upstream: upstream.name,
  method,
  resource: route.path,
});

function headerCalls(gate: Tested, place: Place): TestCall[] {
  const { method, route, upstream } = place;
  const { path, stream } = route;
  const names = Object.entries(
    headerSources(gate, upstream, { method, stream }),
  ).flatMap(([name, source]) => (source.startsWith("'") ? [name] : []));
  return (["headers", "capitals"] as const).map((tries) => ({
    ...callOf(place),
    path: samplePath(path),
    tries,
    headers: Object.fromEntries(
      names.map((name) => [
        tries === "headers" ? name : name.toUpperCase(),
        `canary-${canary}`,
      ]),
    ),
  }));
}

function pathCall(place: Place): TestCall {
  const { route, upstream } = place;
  const [name = ""] = placeholdersOf(targetUrl(route, upstream)).filter((one) =>
    parametersOf(route.path).includes(one),
  );
  const filled = route.path.replace(
    new RegExp(String.raw`\{${name}\+?\}`),
    encodedPath,
  );
  const path = samplePath(filled);
  return { ...callOf(place), path, tries: "path", headers: {} };
}

/** What a test call shows: `unknown` says why it shows nothing. */
export type Reading =
  | { readonly kind: "kept-back" }
  | { readonly kind: "passed-on"; readonly headers: readonly string[] }
  /** `climbs`: a slash that ends a dot segment, or what it leads to; `decoded`: other characters too. */
  | { readonly kind: "climbs" | "decoded"; readonly uri: string }
  | { readonly kind: "unknown"; readonly why: string };

/** @param log of the answer to `TestInvokeMethod` */
export function readTestLog(
  { tries }: Pick<TestCall, "tries">,
  log: string,
): Reading {
  const name = tries === "path" ? "URI" : "headers";
  const [, sent] =
    new RegExp(`Endpoint request ${name}: (.*)$`, "m").exec(log) ?? [];
  if (sent === undefined)
    return { kind: "unknown", why: "its log does not say what would be sent" };
  return tries === "path" ? readUri(sent) : readHeaders(sent);
}

function readHeaders(sent: string): Reading {
  // `{Accept=a/b, x-api-key=none}`, without quotes.
  const headers = [...sent.matchAll(/([^\s{,=]+)=(.*?)(?=, [^\s,=]+=|$)/g)]
    .filter(([, , value = ""]) => value.includes(canary))
    .map(([, name = ""]) => name);
  if (headers.length > 0) return { kind: "passed-on", headers };
  return isCut(sent)
    ? { kind: "unknown", why: "its log of the headers is cut off" }
    : { kind: "kept-back" };
}

/** That a slash loses its quotes is documented, and the gate's authorizer reads a path both ways. */
function readUri(sent: string): Reading {
  const [uri, before = "", after = ""] =
    new RegExp(`([^/]*/?)${canary}([^\\s/]*/?a?[^/\\s]*)`).exec(sent) ?? [];
  if (uri === undefined || isCut(sent))
    return { kind: "unknown", why: "its log does not show the path" };
  if (!/^(%2f|\/)a%25%3fb/i.test(after)) return { kind: "decoded", uri };
  return /^(\.|%2e){2}%2f$/i.test(before)
    ? { kind: "kept-back" }
    : { kind: "climbs", uri };
}

const isCut = (sent: string): boolean => sent.includes("[TRUNCATED]");

/** A test call with what its answer shows. */
export interface MadeCall {
  readonly call: TestCall;
  readonly reading: Reading;
}

const expected = "none of the headers that the gate sets, and no decoded path";
const shows =
  "an upstream gets no header of the caller's that the gate sets itself, and no other path than was decided on";

/** @returns for each upstream what is wrong; else whether its calls showed that nothing is */
export function evaluateTestCalls(
  gate: Tested,
  made: readonly MadeCall[],
): CheckResult[] {
  const upstreams = Map.groupBy(made, ({ call }) => call.upstream);
  return [...upstreams.values()].flatMap((calls) => {
    const faults = calls.flatMap((one) => faultOf(gate, one) ?? []);
    const [first] = calls;
    if (faults.length > 0 || first === undefined) return faults;
    const result = resultOf(first.call);
    const why = calls.flatMap(({ reading }) =>
      reading.kind === "unknown" ? [reading.why] : [],
    )[0];
    return why === undefined
      ? { ...result, status: "passed" as const }
      : {
          ...result,
          status: "not-made" as const,
          message: `what AWS would send could not be looked at by a test call: ${why}`,
        };
  });
}

const resultOf = ({ method, resource, tries, upstream }: TestCall) => ({
  id: `received ${upstream}${tries === "headers" ? "" : ` ${tries}`}`,
  title: `What ${upstream} would receive of ${method} ${resource}`,
  expected,
  shows,
  sentence: `Test calls by AWS of \`${method} ${resource}\` must bring ${expected}: ${shows}`,
  actual: "",
  attempts: 1,
  message: "",
});

/**
 * That the gate's value replaces the caller's is documented for the document's own spelling; of capitals nothing is, and a test call is
 * not a call of the stage, so they are a warning. A path that is decoded and not quoted again is a failure where more of the URL
 * follows, which a `?` would cut off.
 */
function faultOf(
  gate: Tested,
  { call, reading }: MadeCall,
): CheckResult | undefined {
  const result = resultOf(call);
  switch (reading.kind) {
    case "kept-back":
    case "unknown":
      return undefined;
    case "passed-on":
      return { ...result, ...passedOn(call, reading.headers) };
    case "decoded":
      return {
        ...result,
        actual: reading.uri,
        status: endsInParameter(gate, call) ? "warning" : "failed",
        message:
          "API Gateway decodes what a caller writes into the path and does not quote it again, so a `?` cuts off the rest of the upstream's URL: have no `{name}` before its end, and report this",
      };
    case "climbs":
      return gate.auth.mode === "built-in" || isFronted(gate)
        ? undefined
        : {
            ...result,
            actual: reading.uri,
            status: "warning",
            message:
              "API Gateway makes `../` of `..%2f` in a path: have your authorizer refuse dot segments, encoded ones too",
          };
  }
}

function passedOn(
  { tries }: TestCall,
  headers: readonly string[],
): Pick<CheckResult, "actual" | "message" | "status"> {
  const names = headers.map((name) => `\`${name}\``).join(", ");
  const actual = headers.join(", ");
  return tries === "headers"
    ? {
        actual,
        status: "failed",
        message: `API Gateway hands on ${names} as the caller wrote it; run \`up\` again, and report this if it stays`,
      }
    : {
        actual,
        status: "warning",
        message: `in AWS's test call ${names} in capitals went on as the caller wrote it: have callers send credentials in the spelling of the docs, and report this`,
      };
}

function endsInParameter(gate: Tested, { resource, upstream }: TestCall) {
  const route = gate.routes.find(
    (one) => one.path === resource && one.upstream === upstream,
  );
  const found = route && upstreamOf(gate, route);
  return found !== undefined && isHttp(found) && route !== undefined
    ? targetUrl(route, found).endsWith("}")
    : false;
}
