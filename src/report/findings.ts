// What a reviewer should see of a run: what changes for callers, and what happens to the resources they depend on.
import { differenceCodes, securityRank } from "../diff/differences.ts";
import { diffSummaries } from "../diff/diff-summaries.ts";
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import { quote, quoteList } from "../diff/wording.ts";
import { type Change, isSnapshot } from "./changes.ts";
import type { Finding, FindingCode } from "./fail-on.ts";
import {
  comparesGates,
  isNew,
  isUnknownBefore,
  type Run,
} from "./run-result.ts";

/** @returns findings in a fixed order: security-relevant ones first, of these the gravest. Of a new gate everything is added. */
export function findFindings(run: Run): readonly Finding[] {
  const gate = gateFindings(run);
  const resources = resourceFindings(run);
  // A gate may have thousands of consumers, but it has few resources.
  const security = [...resources, ...gate].filter((one) => one.security);
  return [
    ...security.sort((one, other) => rankOf(one) - rankOf(other)),
    ...[...gate, ...resources].filter((one) => !one.security),
  ];
}

/** A long list is cut at its end. Drift ranks as `auth-changed`: other code in the authorizer is another authorizer. */
const rankOf = ({ code }: Finding): number =>
  securityRank(code === "drift" ? "auth-changed" : code);

/** The findings to list: what is added to a new gate is in the table of routes already. */
export function listedFindings(run: Run): readonly Finding[] {
  const added = ["route-added", "consumer-added", "issuer-added"];
  const all = findFindings(run);
  return isNew(run) ? all.filter(({ code }) => !added.includes(code)) : all;
}

function gateFindings(run: Run): Finding[] {
  const { before, after } = run;
  if (!after || !comparesGates(run)) return [];
  const found = diffSummaries(before, after);
  if (!isUnknownBefore(run)) return found;
  // Most of it existed before; a public route is reported in any case.
  return [
    unknownFinding(after),
    ...found.filter(({ code }) => code === "public-route"),
  ];
}

/** What is public, and whether any route is guarded, follows from the new gate alone: the default of `fail-on` needs no more. */
function unknownFinding({ routes }: GateSummary): Finding {
  const known = routes.some(({ guarded }) => guarded)
    ? ["public-route", "auth-removed"]
    : ["public-route"];
  const codes = Object.keys(differenceCodes) as FindingCode[];
  return {
    ...gateFinding(
      "auth-changed",
      "the earlier access rules of the gate are unknown, so changes to them cannot be shown",
    ),
    standsFor: codes.filter((code) => !known.includes(code)),
  };
}

const gateFinding = (code: FindingCode, sentence: string): Finding => ({
  code,
  subject: "gate",
  security: true,
  sentence,
});

function resourceFindings(run: Run): Finding[] {
  const changes = run.changes.filter(({ failed }) => !failed);
  switch (run.command) {
    case "drift":
    case "refresh":
      return changes.map(driftFinding);
    case "destroy":
      return changes.flatMap((change) => urlFindings(change, run));
    case "preview":
    case "up":
      return changes.flatMap((change) => [
        ...urlFindings(change, run),
        ...authorizerFindings(change, run),
        ...codeFindings(change, run),
        ...policyFindings(change, run),
        ...lossFindings(change, run),
      ]);
    case "output":
      return [];
  }
}

const resourceFinding = (
  code: FindingCode,
  subject: string,
  sentence: string,
): Finding => ({ code, subject, security: true, sentence });

function driftFinding({ op, name, diffs, values }: Change): Finding {
  const details = diffs.length > 0 ? `: ${wordDrift(diffs, values)}` : "";
  const what = op === "delete" ? "no longer exists" : `has changed${details}`;
  return resourceFinding("drift", name, `${quote(name)} ${what}`);
}

const mostValues = 5;

/** "`a` is `2` instead of `1`, `b` is `x` instead of nothing; also `c`": values where they can be shown. */
function wordDrift(diffs: readonly string[], values: Change["values"]): string {
  const word = (text: string | undefined) =>
    text === undefined ? "nothing" : quote(text);
  const shown = diffs.filter((path) => values[path]).slice(0, mostValues);
  const sentences = shown.map(
    (path) =>
      `${quote(path)} is ${word(values[path]?.after)} instead of ${word(values[path]?.before)}`,
  );
  const rest = diffs.filter((path) => !shown.includes(path));
  return [sentences.join(", "), quoteList(rest)]
    .filter(Boolean)
    .join("; also ");
}

/** The URL contains the RestApi's id. */
function urlFindings({ type, op }: Change, { previewed }: Run): Finding[] {
  if (type !== "aws:apigateway/restApi:RestApi") return [];
  const finding = (will: string, has: string, more = "") => [
    gateFinding(
      "url-change",
      `the gate's URL ${previewed ? will : has}${more}`,
    ),
  ];
  if (op === "replace")
    return finding(
      "will change",
      "has changed",
      ", because the RestApi is replaced; callers need the new one",
    );
  return op === "delete"
    ? finding("will stop answering", "no longer answers")
    : [];
}

function authorizerFindings(change: Change, { previewed }: Run): Finding[] {
  const { leftover, name, op, type } = change;
  if (type !== "aws:lambda/function:Function" || name !== "authorizer")
    return [];
  const done = (word: string) =>
    `the gate's authorizer ${previewed ? "will be" : "has been"} ${word}`;
  if (op === "delete" && !leftover)
    return [resourceFinding("auth-removed", name, done("removed"))];
  if (op !== "replace") return [];
  return [resourceFinding("auth-changed", name, done("replaced"))];
}

/** The program sets `sourceCodeHash` anew only where the deployed code is not what the last `up` deployed. */
function codeFindings(
  { diffs, name, op, type }: Change,
  { previewed }: Run,
): Finding[] {
  const isRestored =
    type === "aws:lambda/function:Function" &&
    op === "update" &&
    diffs.includes("sourceCodeHash");
  if (!isRestored) return [];
  const done = previewed ? "will be" : "has been";
  const sentence = `the code of ${quote(name)} was changed outside this action and ${done} restored`;
  return [resourceFinding("drift", name, sentence)];
}

/** Policies are not compared: every change of one counts as wider. A policy of a new gate is no change. */
function policyFindings(change: Change, run: Run): Finding[] {
  const { diffs, name, op, type } = change;
  const verb = run.previewed ? "will change" : "has changed";
  const isPolicy =
    diffs.includes("policy") || type === "aws:iam/rolePolicy:RolePolicy";
  if (op === "delete" || (op === "create" && isNew(run))) return [];
  const secrets = name === "authorizer-policy" ? wordSecrets(run) : "";
  const sentences = [
    ...(isPolicy ? [`the policy ${quote(name)} ${verb}${secrets}`] : []),
    ...(diffs.includes("assumeRolePolicy")
      ? [`who may assume the role ${quote(name)} ${verb}`]
      : []),
  ];
  return sentences.map((words) =>
    resourceFinding("policy-widened", name, words),
  );
}

/** ": the authorizer may also read `new` and may no longer read `old`", where the two gates send other secrets to upstreams. */
function wordSecrets({ before, after }: Run): string {
  if (!before || !after) return "";
  const read = ({ routes }: GateSummary) =>
    routes.filter(({ credential }) => credential);
  const words = (verb: string, gate: GateSummary, other: GateSummary) => {
    const known = read(other).map(secretOf);
    const names = read(gate)
      .filter((route) => !known.includes(secretOf(route)))
      .map(({ credentialSecret = "" }) => credentialSecret);
    return names.length > 0
      ? [`${verb} ${quoteList([...new Set(names)])}`]
      : [];
  };
  const parts = [
    ...words("may also read", after, before),
    ...words("may no longer read", before, after),
  ];
  return parts.length > 0 ? `: the authorizer ${parts.join(" and ")}` : "";
}

const secretOf = (route: RouteSummary): string =>
  [route.credentialStore, route.credentialSecret, route.credentialDigest].join(
    " ",
  );

function lossFindings(change: Change, { previewed }: Run): Finding[] {
  const { op, type, name, leftover, replaceKeys } = change;
  if ((op !== "delete" && op !== "replace") || leftover || isSnapshot(change))
    return [];
  const done = `${previewed ? "will be" : "has been"} ${op}d`;
  const why =
    op === "replace" && replaceKeys.length > 0
      ? `, because of ${quoteList(replaceKeys)}`
      : "";
  const isTable = type === "aws:dynamodb/table:Table";
  const loss = isTable ? "; tokens that were issued into it are lost" : "";
  const sentence = `${quote(name)} ${done}${why}${loss}`;
  return [{ code: op, subject: name, security: isTable, sentence }];
}
