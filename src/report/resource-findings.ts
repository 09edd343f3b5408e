// What happens to the resources that callers depend on, in words. Pure.
import { quote, quoteList } from "../diff/wording.ts";
import { type Change, isSnapshot } from "./changes.ts";
import { type Finding, isNew } from "./findings.ts";
import type { ShownValue } from "./property-values.ts";
import type { Run } from "./report.ts";

/** Findings in the order of the changes; what failed did not happen. */
export function resourceFindings(run: Run): Finding[] {
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
        ...grantFindings(change, run),
        ...lossFindings(change, run),
      ]);
    case "output":
      return [];
  }
}

function driftFinding({ op, name, diffs, values }: Change): Finding {
  const what =
    op === "delete"
      ? "is gone"
      : `is not as it was left${diffs.length > 0 ? `: ${wordDrift(diffs, values)}` : ""}`;
  return {
    code: "drift",
    subject: name,
    security: true,
    sentence: `${quote(name)} ${what}`,
  };
}

/** "`a` is `2` instead of `1`, `b` is `x` instead of nothing; also `c`": values where they can be shown. */
function wordDrift(diffs: readonly string[], values: Change["values"]): string {
  const most = 5;
  const word = (text: string | undefined) =>
    text === undefined ? "nothing" : quote(text);
  const told = diffs
    .flatMap((path) => {
      const value: ShownValue | undefined = values[path];
      return value ? [{ path, ...value }] : [];
    })
    .slice(0, most);
  const sentences = told.map(
    ({ path, before, after }) =>
      `${quote(path)} is ${word(after)} instead of ${word(before)}`,
  );
  const rest = diffs.filter((path) => !told.some((one) => one.path === path));
  const parts = [
    ...(told.length > 0 ? [sentences.join(", ")] : []),
    ...(rest.length > 0 ? [quoteList(rest)] : []),
  ];
  return parts.join("; also ");
}

/** The RestApi's id is in the gate's URL, so the URL lives as long as the RestApi. */
function urlFindings({ type, op }: Change, { previewed }: Run): Finding[] {
  if (type !== "aws:apigateway/restApi:RestApi") return [];
  const finding = (sentence: string): Finding[] => [
    { code: "url-change", subject: "gate", security: true, sentence },
  ];
  if (op === "replace")
    return finding(
      `the gate's URL ${previewed ? "will change" : "has changed"}, because the RestApi is replaced; callers need the new one`,
    );
  if (op !== "delete") return [];
  return finding(
    previewed
      ? "the gate's URL will stop answering"
      : "the gate's URL answers no more",
  );
}

/** The function that API Gateway asks; everything that guards the routes hangs on it. */
const isAuthorizer = ({ type, name }: Change): boolean =>
  type === "aws:lambda/function:Function" && name === "authorizer";

function authorizerFindings(change: Change, { previewed }: Run): Finding[] {
  if (!isAuthorizer(change)) return [];
  const finding = (code: Finding["code"], sentence: string): Finding[] => [
    { code, subject: change.name, security: true, sentence },
  ];
  const [removed, replaced] = previewed
    ? ["will be removed", "will be replaced"]
    : ["has been removed", "has been replaced"];
  if (change.op === "delete" && !change.leftover)
    return finding("auth-removed", `the gate's authorizer ${removed}`);
  if (change.op !== "replace") return [];
  return finding("auth-changed", `the gate's authorizer ${replaced}`);
}

/** Somebody replaced a function's code, and this run puts it back: only then is there another trigger than before. */
function codeFindings(
  { diffs, name, op, type }: Change,
  { previewed }: Run,
): Finding[] {
  const isPutBack =
    type === "aws:lambda/function:Function" &&
    op === "update" &&
    diffs.includes("sourceCodeHash");
  if (!isPutBack) return [];
  const [held, done] = previewed
    ? ["holds", "will be put back"]
    : ["held", "has been put back"];
  return [
    {
      code: "drift",
      subject: name,
      security: true,
      sentence: `${quote(name)} ${held} other code than the last \`up\` put there, which ${done}`,
    },
  ];
}

/** Of a new gate every grant is new; but what is updated was there, even if the `up` that made it did not get to its end. */
function grantFindings({ name, op, grants }: Change, run: Run): Finding[] {
  if (op === "delete" || (op === "create" && isNew(run))) return [];
  return grants.map((words) => ({
    code: "policy-widened",
    subject: name,
    security: true,
    sentence: `${quote(name)} ${run.previewed ? "will allow" : "allows"} more: ${words}`,
  }));
}

function lossFindings(change: Change, { previewed }: Run): Finding[] {
  const { op, type, name, leftover, replaceKeys } = change;
  if ((op !== "delete" && op !== "replace") || leftover || isSnapshot(change))
    return [];
  const done = op === "delete" ? "deleted" : "replaced";
  const why =
    op === "replace" && replaceKeys.length > 0
      ? `, because of ${quoteList(replaceKeys)}`
      : "";
  const isTable = type === "aws:dynamodb/table:Table";
  const loss = isTable ? "; the tokens that others put into it are lost" : "";
  return [
    {
      code: op,
      subject: name,
      security: isTable,
      sentence: `${quote(name)} ${previewed ? "will be" : "has been"} ${done}${why}${loss}`,
    },
  ];
}
