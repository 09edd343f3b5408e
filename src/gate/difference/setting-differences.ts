// What changes about the gate as a whole: who decides, by which credential, in which header, for how long, from which pages. Pure.
import type { GateDifference } from "./difference.ts";
import type { AuthMode, GateSummary } from "./summary.ts";
import { quote, quoteList, without } from "./words.ts";

export function diffSettings(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  return [
    ...diffGuard(before, after),
    ...diffModes(before.auth.modes, after.auth.modes),
    ...diffHeader(before, after),
    ...diffStage(before, after),
    ...diffCache(before.auth.cacheTtl, after.auth.cacheTtl),
    ...diffOrigins(before.origins, after.origins),
    ...diffStore(before, after),
  ];
}

function diffGuard(before: GateSummary, after: GateSummary): GateDifference[] {
  const guarded = ({ routes }: GateSummary) =>
    routes.some((route) => route.guarded);
  if (!guarded(before) || guarded(after) || after.routes.length === 0)
    return [];
  return [
    {
      code: "auth-removed",
      subject: "auth",
      security: true,
      sentence: "no route of the gate asks the authorizer any more",
    },
  ];
}

const modeWords: Readonly<Record<AuthMode, string>> = {
  token: "tokens",
  jwt: "JWTs",
  "github-oidc": "identities of GitHub workflows",
  custom: "your own authorizer",
};

function diffModes(
  before: readonly AuthMode[],
  after: readonly AuthMode[],
): GateDifference[] {
  const sentence = wordModes(before, after);
  if (sentence === undefined) return [];
  return [{ code: "auth-changed", subject: "auth", security: true, sentence }];
}

function wordModes(
  before: readonly AuthMode[],
  after: readonly AuthMode[],
): string | undefined {
  const [was, is] = [before, after].map((modes) => modes.includes("custom"));
  if (is && !was)
    return "your own authorizer decides who may call, instead of the built-in one";
  if (was && !is)
    return "the built-in authorizer decides who may call, instead of your own";
  const words = (modes: readonly AuthMode[]) =>
    modes.map((mode) => modeWords[mode]).join(", ") || "nothing";
  return words(before) === words(after)
    ? undefined
    : `callers are known by ${words(after)} instead of ${words(before)}`;
}

function diffHeader(before: GateSummary, after: GateSummary): GateDifference[] {
  const [was, is] = [before.tokenHeader, after.tokenHeader];
  // Header names have no case.
  if (was.toLowerCase() === is.toLowerCase()) return [];
  return [
    {
      code: "token-header",
      subject: "token-header",
      security: true,
      sentence: `callers must send their credential in ${quote(is)} instead of ${quote(was)}; those who keep to the old one are refused`,
    },
  ];
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

function diffCache(was: number, is: number): GateDifference[] {
  if (was === is) return [];
  const sentence = `an allowed result is cached ${is} seconds instead of ${was}`;
  const raised = is > was;
  return [
    {
      code: raised ? "cache-raised" : "cache-lowered",
      subject: "cache-ttl",
      security: raised,
      sentence: raised
        ? `${sentence}; so long can a revoked credential still pass`
        : sentence,
    },
  ];
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
      : `pages of ${quoteList(added)} may call the gate`,
  };
  const narrowed: GateDifference = {
    code: "cors-narrowed",
    subject: "cors",
    security: false,
    sentence: before.includes("*")
      ? `only pages of ${after.length > 0 ? quoteList(after) : "no origin"} may call the gate, instead of every origin`
      : `pages of ${quoteList(removed)} may no longer call the gate`,
  };
  const all = (origins: readonly string[]) => origins.includes("*");
  return [
    ...(added.length > 0 && !all(before) ? [widened] : []),
    ...(removed.length > 0 && !all(after) ? [narrowed] : []),
  ];
}

function diffStore(before: GateSummary, after: GateSummary): GateDifference[] {
  const custom = [before, after].some(({ auth }) =>
    auth.modes.includes("custom"),
  );
  if (custom || before.auth.store === after.auth.store) return [];
  return [
    {
      code: "store-changed",
      subject: "store",
      security: true,
      sentence:
        after.auth.store === "dynamodb"
          ? "tokens are looked up in the gate's table, where others can put more of them, instead of the authorizer's own settings"
          : "tokens are in the authorizer's own settings instead of the gate's table; those that only the table has are refused",
    },
  ];
}
