// The tables and lists of a report: routes, resources, proof.
import { isSame } from "../diff/compare.ts";
import { callersOf } from "../diff/route-changes.ts";
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import type { CheckResult, CheckStatus, ProofResult } from "../proof/check.ts";
import {
  type Change,
  type ChangeOp,
  countChanges,
  wordSnapshots,
} from "./changes.ts";
import { counted, type Writer } from "./markdown.ts";
import { isNew, type Run } from "./run-result.ts";
import type { Section } from "./sections.ts";

/** The routes after the run in the user's order, then the removed ones. After a destroy, all are removed. */
export function routesSection(run: Run, { code }: Writer): Section {
  const { before, after, command, failure } = run;
  const line = (mark: string, route: RouteSummary, gate: GateSummary) => {
    const { methods, models = [], path, upstream, host } = route;
    const note = [
      route.vpcLink !== undefined && `, by VPC link ${code(route.vpcLink, 30)}`,
      route.seesCredential && ", sees the caller's credential",
    ]
      .filter(Boolean)
      .join("");
    const only = listSome(models, 5, (model) => code(model, 80));
    const call = `${methods.join(", ")} ${code(path)}${only && `, only ${only}`}`;
    const target = `${code(upstream, 80)} ${code(host, 120)}${note}`;
    return `| ${[mark, call, target, wordCallers(route, gate, code)].join(" | ")} |`;
  };
  const known = before !== undefined || isNew(run);
  const kept = after?.routes.map((route) =>
    line(known ? compareRoute(route, after, before) : "", route, after),
  );
  const removed = before?.routes
    .filter((route) => !after || !sameRoute(after, route))
    .map((route) => line("removed", route, before));
  return {
    open: "#### Routes\n\n| | Route | Upstream | Who may call |\n|---|---|---|---|",
    lines:
      after || (command === "destroy" && !failure)
        ? [
            ...(kept ?? []),
            ...metadataLines(run, code),
            ...websocketLines(run, code),
            ...(removed ?? []),
          ]
        : [],
  };
}

/** What the gate itself answers without a credential is no public route: it leads nowhere. */
const metadataLines = (
  { after }: Run,
  code: Writer["code"],
): readonly string[] =>
  (after?.metadata ?? []).map(
    ({ path, issuers }) =>
      `|  | GET, HEAD ${code(path, 200)} | the gate itself | anybody may read where MCP clients sign in: ${listSome(issuers, 3, (url) => code(url, 120))} |`,
  );

const websocketLines = (
  { after }: Run,
  code: Writer["code"],
): readonly string[] =>
  (after?.websockets ?? []).map(
    (path) =>
      `|  | GET ${code(path, 200)} | the gate itself | 426 to clients that ask for a WebSocket: they go on with HTTP |`,
  );

/** A path may have several routes, one a set of methods: the same route has the path and a method in common. */
const sameRoute = (gate: GateSummary, route: RouteSummary) =>
  gate.routes.find(
    ({ path, methods }) =>
      path === route.path &&
      methods.some((method) => route.methods.includes(method)),
  );

function compareRoute(
  route: RouteSummary,
  after: GateSummary,
  before: GateSummary | undefined,
): "new" | "changed" | "" {
  const old = before && sameRoute(before, route);
  if (!old) return "new";
  // Callers see nothing of an upstream's kind, which summaries of before do not have.
  const seen = (one: RouteSummary) => ({ ...one, kind: undefined });
  return isSame(seen(old), seen(route)) &&
    isSame(callersOf(before, old), callersOf(after, route))
    ? ""
    : "changed";
}

function wordCallers(
  route: RouteSummary,
  gate: GateSummary,
  code: Writer["code"],
): string {
  if (!route.guarded) return "**anybody, without a credential**";
  const callers = callersOf(gate, route);
  if (!callers) return "your authorizer decides";
  const limited = new Set(
    gate.consumers.filter(({ network }) => network).map(({ id }) => id),
  );
  const word = (id: string) =>
    `${code(id, 80)}${limited.has(id) ? " (from its networks)" : ""}`;
  return listSome(callers, 5, word) || "no consumer";
}

function listSome(
  items: readonly string[],
  most: number,
  word: (item: string) => string,
): string {
  const more = items.length - most;
  return [
    ...items.slice(0, most).map(word),
    ...(more > 0 ? [`${more} more`] : []),
  ].join(", ");
}

export function countsSection({ changes }: Run): Section {
  const { create, update, replace, delete: deleted } = countChanges(changes);
  const snapshots = wordSnapshots(changes);
  return {
    open: "| Create | Update | Replace | Delete |\n|---|---|---|---|",
    lines:
      changes.length === 0
        ? []
        : [`| ${create} | ${update} | ${replace}${snapshots} | ${deleted} |`],
  };
}

/** Visible without unfolding the list of all resources. */
export const failedSection = ({ changes }: Run, writer: Writer): Section => ({
  open: "#### Failed resources\n",
  lines: changes
    .filter(({ failed }) => failed)
    .map((change) => changeLine(change, change.op, writer)),
});

/** What cannot be undone comes first. */
const order: readonly ChangeOp[] = ["delete", "replace", "create", "update"];

const driftWords: Readonly<Record<ChangeOp, string>> = {
  create: "new",
  update: "changed",
  replace: "replaced",
  delete: "deleted",
};

export function changesSection(
  { changes, command }: Run,
  writer: Writer,
): Section {
  const sorted = order.flatMap((op) =>
    changes.filter((change) => change.op === op),
  );
  const title = counted(changes.length, "resource change");
  return {
    // GitHub reads Markdown inside the fold only after an empty line.
    open: `<details><summary>${title}</summary>\n`,
    lines: sorted.map((change) => {
      const done = command === "drift" ? driftWords[change.op] : change.op;
      const failed = change.failed ? "**failed to** " : "";
      return changeLine(change, failed + done, writer);
    }),
    close: "\n</details>",
  };
}

const mostDiffs = 20;

function changeLine(change: Change, done: string, { code }: Writer): string {
  const { type, name, diffs, values, replaceKeys = [], leftover } = change;
  const word = (text: string | undefined) =>
    text === undefined ? "nothing" : code(text, 100);
  const paths = listSome(diffs, mostDiffs, (path) => {
    const value = values[path];
    const words = value && ` ${word(value.before)} → ${word(value.after)}`;
    return code(path, 100) + (words ?? "");
  });
  const forcing = replaceKeys.slice(0, mostDiffs).map((key) => code(key, 100));
  return [
    `- ${done} ${code(name)} (${code(type, 100)})`,
    leftover && ", left over from an interrupted replacement",
    paths && `: ${paths}`,
    forcing.length > 0 && `; replaced because of ${forcing.join(", ")}`,
  ]
    .filter(Boolean)
    .join("");
}

const statusWords: Readonly<Record<CheckStatus, string>> = {
  failed: "**failed**",
  warning: "warning",
  "not-made": "not made",
  passed: "passed",
};

/** More passed checks than these are folded. */
const mostPassed = 5;

/** By whether the checks are explained. */
const proofHeads = {
  true: "| | Check | What must come back, and why | Response |\n|---|---|---|---|",
  false: "| | Request | Expected | Response |\n|---|---|---|---|",
};

export function proofSections(
  proof: ProofResult | undefined,
  { explains, prose }: Writer,
): readonly Section[] {
  const proofHead = proofHeads[`${explains}`];
  const row = (check: CheckResult) => {
    const { status, title, expected, actual, message, shows } = check;
    const answer = [actual, message].filter(Boolean).join(": ");
    const what = explains
      ? [check.id, check.sentence]
      : [title, `${expected}: ${shows}`];
    const cells = what.map((text) => prose(text, 300));
    return `| ${[statusWords[status], ...cells, prose(answer, 500)].join(" | ")} |`;
  };
  const rows = Object.keys(statusWords).map((status) =>
    (proof?.results ?? []).filter((result) => result.status === status),
  );
  const passed = rows.pop() ?? [];
  const isFolded = passed.length > mostPassed;
  return [
    {
      open: `#### Proof\n\n${proofHead}`,
      lines: [...rows.flat(), ...(isFolded ? [] : passed)].map(row),
    },
    {
      open: `<details><summary>Proof: ${counted(passed.length, "check")} passed</summary>\n\n${proofHead}`,
      lines: isFolded ? passed.map(row) : [],
      close: "\n</details>",
    },
  ];
}
