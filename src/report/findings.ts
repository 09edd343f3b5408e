// What a reviewer should see of a run: what changes for callers, and what happens to the resources they depend on.
import { list, widening } from "../diff/compare.ts";
import { diffSummaries } from "../diff/diff-summaries.ts";
import {
  differenceCodes,
  finding,
  type Finding,
  type FindingCode,
  securityRank,
} from "../diff/finding-codes.ts";
import { isOtherBoundary } from "../diff/role-changes.ts";
import type { GateSummary } from "../diff/summary.ts";
import { quote, quoteList, quoteShort, without } from "../diff/wording.ts";
import { type Change, isSnapshot } from "./changes.ts";
import {
  comparesGates,
  isNew,
  isUnknownBefore,
  type Run,
} from "./run-result.ts";

/** @returns findings in a fixed order: security-relevant ones first, of these the gravest. Of a new gate everything is added. */
export function findFindings(run: Run): readonly Finding[] {
  const [gate, resources] = [gateFindings(run), resourceFindings(run)];
  // A long list is cut at its end: a gate may have thousands of consumers, but it has few resources.
  const security = [...resources, ...gate].filter((one) => one.security);
  return [
    ...security.sort(
      (one, other) => securityRank(one.code) - securityRank(other.code),
    ),
    ...[...gate, ...resources].filter((one) => !one.security),
  ];
}

/** The findings to list: what is added to a new gate is in the table of routes already. */
export function listedFindings(run: Run): readonly Finding[] {
  const added = ["route-added", "consumer-added", "issuer-added"];
  const all = findFindings(run);
  return isNew(run) ? all.filter(({ code }) => !added.includes(code)) : all;
}

function gateFindings(run: Run): readonly Finding[] {
  const { before, after } = run;
  if (!after || !comparesGates(run)) return [];
  const found = differences(before, after);
  if (!isUnknownBefore(run)) return found;
  // Most of it existed before; a public route is reported in any case.
  return [
    unknownFinding(after),
    ...found.filter(({ code }) => code === "public-route"),
  ];
}

interface Differences {
  readonly before: GateSummary | undefined;
  readonly found: readonly Finding[];
}

const compared = new WeakMap<GateSummary, Differences>();

/** Checks, outputs, summary and comment of a run all ask for them: two gates are compared once. */
function differences(before: GateSummary | undefined, after: GateSummary) {
  const last = compared.get(after);
  if (last && last.before === before) return last.found;
  const found = diffSummaries(before, after);
  compared.set(after, { before, found });
  return found;
}

/** What is public, and whether any route is guarded, follows from the new gate alone: the default of `fail-on` needs no more. */
function unknownFinding({ routes }: GateSummary): Finding {
  const known: readonly FindingCode[] = routes.some(({ guarded }) => guarded)
    ? ["public-route", "auth-removed"]
    : ["public-route"];
  const codes = Object.keys(differenceCodes) as FindingCode[];
  return {
    ...finding(
      "auth-changed",
      "gate",
      "the earlier access rules of the gate are unknown, so changes to them cannot be shown",
    ),
    standsFor: without(codes, known),
  };
}

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
    case "unlock":
    case "load-tokens":
      return [];
  }
}

function driftFinding({ op, name, diffs, values }: Change): Finding {
  const details = diffs.length > 0 ? `: ${wordDrift(diffs, values)}` : "";
  const what = op === "delete" ? "no longer exists" : `has changed${details}`;
  return finding("drift", name, `${quote(name)} ${what}`);
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

const willBe = ({ previewed }: Run): string =>
  previewed ? "will be" : "has been";

const willChange = ({ previewed }: Run): string =>
  previewed ? "will change" : "has changed";

/** The URL contains the RestApi's id. */
function urlFindings({ type, op }: Change, run: Run): Finding[] {
  if (type !== "aws:apigateway/restApi:RestApi") return [];
  const words = {
    // A new gate has none yet.
    create:
      run.before &&
      `${willChange(run)}, because the RestApi is made again; callers need the new one`,
    update: "",
    replace: `${willChange(run)}, because the RestApi is replaced; callers need the new one`,
    delete: run.previewed ? "will stop answering" : "no longer answers",
  }[op];
  return words
    ? [finding("url-change", "gate", `the gate's URL ${words}`)]
    : [];
}

function authorizerFindings(change: Change, run: Run): Finding[] {
  const { leftover, name, op, type } = change;
  if (type !== "aws:lambda/function:Function" || name !== "authorizer")
    return [];
  const start = `the gate's authorizer ${willBe(run)}`;
  if (op === "delete" && !leftover)
    return [finding("auth-removed", name, `${start} removed`)];
  return op === "replace"
    ? [finding("auth-changed", name, `${start} replaced`)]
    : [];
}

/** The program sets `sourceCodeHash` anew only where the deployed code is not what the last `up` deployed. */
function codeFindings({ diffs, name, op, type }: Change, run: Run): Finding[] {
  const isRestored =
    type === "aws:lambda/function:Function" &&
    op === "update" &&
    diffs.includes("sourceCodeHash");
  const sentence = `the code of ${quote(name)} was changed outside this action and ${willBe(run)} restored`;
  return isRestored ? [finding("drift", name, sentence)] : [];
}

/** Policies are not compared: every change of one counts as wider. A policy of a new gate is no change. */
function policyFindings(change: Change, run: Run): Finding[] {
  const { diffs, name, op, type, values } = change;
  if (op === "delete" || (op === "create" && isNew(run))) return [];
  // What the config changes is said once for all roles.
  const bounds = isOtherBoundary(run.before, run.after)
    ? []
    : diffs.filter((path) => path === "permissionsBoundary");
  const isPolicy =
    diffs.includes("policy") || type === "aws:iam/rolePolicy:RolePolicy";
  const secrets = name === "authorizer-policy" ? wordSecrets(run) : "";
  const sentences = [
    isPolicy && `the policy ${quote(name)} ${willChange(run)}${secrets}`,
    diffs.includes("assumeRolePolicy") &&
      `who may assume the role ${quote(name)} ${willChange(run)}`,
    bounds.length > 0 &&
      `what the role ${quote(name)} may do at most ${willChange(run)}: ${wordDrift(bounds, values)}`,
  ];
  return sentences.flatMap((words) =>
    words ? [finding("policy-widened", name, words)] : [],
  );
}

/** ": the authorizer may also read `new` and may no longer read `old`", where the two gates send other secrets to upstreams. */
function wordSecrets({ before, after }: Run): string {
  const facts =
    before && after
      ? [...compareSecrets(before, after), ...compareModels(before, after)]
      : [];
  const words = facts.map(([, words]) => words).join(" and ");
  return words && `: the authorizer ${words}`;
}

const compareSecrets = list<GateSummary>(
  widening,
  (one, other) => {
    const secrets = (gate: GateSummary) =>
      credentialsOf(gate).filter(({ store }) => store !== "bedrock");
    const more = without(secrets(one), secrets(other), ({ digest }) => digest);
    return [...new Set(more.map(({ secret }) => quoteShort(secret)))];
  },
  (names) => `may also read ${names}`,
  (names) => `may no longer read ${names}`,
);

const credentialsOf = ({ routes }: GateSummary) =>
  routes.flatMap(({ credential }) => credential ?? []);

const compareModels = list<GateSummary>(
  widening,
  (one, other) => {
    const models = (gate: GateSummary) =>
      credentialsOf(gate).flatMap(({ models = [], secret }) =>
        models.map((model) => ({ model, region: secret })),
      );
    const more = without(models(one), models(other), ({ model, region }) =>
      [region, model].join(),
    );
    return [...new Set(more.map(({ model }) => quoteShort(model)))];
  },
  (names) => `may also call the models ${names}`,
  (names) => `may no longer call the models ${names}`,
);

function lossFindings(change: Change, run: Run): Finding[] {
  const { op, type, name, leftover, replaceKeys = [] } = change;
  if ((op !== "delete" && op !== "replace") || leftover || isSnapshot(change))
    return [];
  const why =
    op === "replace" && replaceKeys.length > 0
      ? `, because of ${quoteList(replaceKeys)}`
      : "";
  const isTable = type === "aws:dynamodb/table:Table";
  const loss = isTable ? "; tokens that were issued into it are lost" : "";
  const sentence = `${quote(name)} ${willBe(run)} ${op}d${why}${loss}`;
  return [{ ...finding(op, name, sentence), security: isTable }];
}
