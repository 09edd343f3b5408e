// What changes about the gate as a whole: in which header, at which URL, for how long, from which pages. Pure.
import type { GateDifference } from "./difference.ts";
import type { GateSummary } from "./summary.ts";
import { quote, quoteAll, without } from "./words.ts";

export function diffSettings(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  return [
    ...diffTokenHeaders(before, after),
    ...diffStripHeaders(before, after),
    ...diffStage(before, after),
    ...diffInvokeUrl(before, after),
    ...diffCache(before.auth.cacheTtl, after.auth.cacheTtl),
    ...diffOrigins(before.origins, after.origins),
  ];
}

function diffTokenHeaders(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const { added, removed } = moved(before.tokenHeaders, after.tokenHeaders);
  if (added.length + removed.length === 0) return [];
  const is = quoteAll(after.tokenHeaders);
  const refused = "those who keep to the old one are refused";
  const sentence =
    removed.length === 0
      ? `callers may also send their credential in ${quoteAll(added)}`
      : added.length === 0
        ? `callers may send their credential in ${is} only, no longer in ${quoteAll(removed)}; ${refused}`
        : `callers must send their credential in ${is} instead of ${quoteAll(removed)}; ${refused}`;
  return [
    {
      code: "token-header",
      subject: "token-header",
      security: true,
      sentence,
    },
  ];
}

function diffStripHeaders(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const { added, removed } = moved(before.stripHeaders, after.stripHeaders);
  const make = (security: boolean, sentence: string): GateDifference => ({
    code: "strip-headers",
    subject: "strip-headers",
    security,
    sentence,
  });
  return [
    ...(removed.length > 0
      ? [
          make(
            true,
            `${quoteAll(removed)} may now reach upstreams as callers wrote it`,
          ),
        ]
      : []),
    ...(added.length > 0
      ? [
          make(
            false,
            `${quoteAll(added)} no longer reaches upstreams as callers wrote it`,
          ),
        ]
      : []),
  ];
}

/** Header names have no case. */
function moved(before: readonly string[], after: readonly string[]) {
  const beyond = (names: readonly string[], known: readonly string[]) => {
    const low = known.map((name) => name.toLowerCase());
    return names.filter((name) => !low.includes(name.toLowerCase()));
  };
  return { added: beyond(after, before), removed: beyond(before, after) };
}

function diffStage(before: GateSummary, after: GateSummary): GateDifference[] {
  const [was, is] = [before.stageName, after.stageName];
  if (was === is) return [];
  return [
    {
      code: "url-change",
      subject: "stage",
      security: true,
      sentence: `the gate's URL ends in ${quote(is)} instead of ${quote(was)}; callers need the new one`,
    },
  ];
}

/** @returns the path of the output `invoke-url`: the first route's, without its greedy tail, so that a client can append to it. */
export const invokePathOf = ({
  routes,
}: {
  readonly routes: readonly { readonly path: string }[];
}): string | undefined => routes[0]?.path.replace(/\/\{[^}]*\+\}$/, "");

function diffInvokeUrl(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const [was, is] = [invokePathOf(before), invokePathOf(after)];
  if (was === is || was === undefined || is === undefined) return [];
  const word = (path: string) => quote(path || "/");
  return [
    {
      code: "url-change",
      subject: "invoke-url",
      security: true,
      sentence: `the output \`invoke-url\` leads to the path ${word(is)} instead of ${word(was)}, as the first route does`,
    },
  ];
}

function diffCache(was: number, is: number): GateDifference[] {
  const sentence = `an allowed result is cached ${is} seconds instead of ${was}`;
  const subject = "cache-ttl";
  const raised = `${sentence}; so long can a revoked credential still pass`;
  if (is > was)
    return [
      { code: "cache-raised", subject, security: true, sentence: raised },
    ];
  return is < was
    ? [{ code: "cache-lowered", subject, security: false, sentence }]
    : [];
}

function diffOrigins(
  before: readonly string[],
  after: readonly string[],
): GateDifference[] {
  const [added, removed] = [without(after, before), without(before, after)];
  const widened: GateDifference = {
    code: "cors-widened",
    subject: "cors",
    security: true,
    sentence: after.includes("*")
      ? "pages of every origin may call the gate"
      : `pages of ${quoteAll(added)} may call the gate`,
  };
  const narrowed: GateDifference = {
    code: "cors-narrowed",
    subject: "cors",
    security: false,
    sentence: before.includes("*")
      ? `only pages of ${after.length > 0 ? quoteAll(after) : "no origin"} may call the gate, instead of every origin`
      : `pages of ${quoteAll(removed)} may no longer call the gate`,
  };
  const all = (origins: readonly string[]) => origins.includes("*");
  return [
    ...(added.length > 0 && !all(before) ? [widened] : []),
    ...(removed.length > 0 && !all(after) ? [narrowed] : []),
  ];
}
