// The tables and lists of a report: routes, resources, proof.
import { callersOf } from "../diff/route-changes.ts";
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import {
  type Change,
  type ChangeOp,
  countChanges,
  wordSnapshots,
} from "./changes.ts";
import { counted, type Writer } from "./markdown.ts";
import type { ShownValue } from "./property-values.ts";
import { isNew, type Proof, type ProofLine, type Run } from "./run-result.ts";
import type { Section } from "./sections.ts";

export interface RouteRow {
  readonly route: RouteSummary;
  readonly mark: "new" | "changed" | "removed" | "";
  /** Ids of the consumers that may call it; undefined when the user's own authorizer decides. */
  readonly callers: readonly string[] | "anybody" | undefined;
}

/** The routes after the run in the user's order, then the removed ones. After a destroy, all are removed. */
export function routeRows(run: Run): readonly RouteRow[] {
  const { before, after, command, failure } = run;
  if (!after && (command !== "destroy" || failure)) return [];
  const rows = (
    gate: GateSummary | undefined,
    markOf: (route: RouteSummary) => RouteRow["mark"],
  ) =>
    gate?.routes.map((route) => ({
      route,
      mark: markOf(route),
      callers: route.guarded ? callersOf(gate, route) : ("anybody" as const),
    })) ?? [];
  const known = before !== undefined || isNew(run);
  return [
    ...rows(after, (route) =>
      known && after ? compareRoute(route, after, before) : "",
    ),
    ...rows(before, () => "removed").filter(
      ({ route }) => !after || !sameRoute(after, route),
    ),
  ];
}

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
): RouteRow["mark"] {
  const old = before && sameRoute(before, route);
  if (!old) return "new";
  const facts = (gate: GateSummary, one: RouteSummary) =>
    JSON.stringify([
      ...Object.entries({ ...one, methods: [...one.methods].sort() }).sort(),
      callersOf(gate, one),
    ]);
  return facts(before, old) === facts(after, route) ? "" : "changed";
}

export const routesSection = (run: Run, { code }: Writer): Section => ({
  open: "#### Routes\n\n| | Route | Upstream | Who may call |\n|---|---|---|---|",
  lines: routeRows(run).map(({ route, mark, callers }) => {
    const { methods, path, upstream, host } = route;
    const cells = [
      mark,
      `${methods.join(", ")} ${code(path)}`,
      `${code(upstream, 80)} ${code(host, 120)}`,
      wordCallers(callers, code),
    ];
    return `| ${cells.join(" | ")} |`;
  }),
});

function wordCallers(
  callers: RouteRow["callers"],
  code: Writer["code"],
): string {
  if (callers === "anybody") return "**anybody, without a credential**";
  if (!callers) return "your authorizer decides";
  if (callers.length === 0) return "nobody";
  return listSome(callers, 5, (id) => code(id, 80));
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
  const replaced = snapshots ? `${replace} (${snapshots})` : replace;
  return {
    open: "| Create | Update | Replace | Delete |\n|---|---|---|---|",
    lines:
      changes.length === 0
        ? []
        : [`| ${create} | ${update} | ${replaced} | ${deleted} |`],
  };
}

/** Visible without unfolding the list of all resources. */
export const failedSection = ({ changes }: Run, writer: Writer): Section => ({
  open: "#### Failed resources\n",
  lines: changes
    .filter(({ failed }) => failed)
    .map((change) =>
      changeLine({ ...change, failed: false }, change.op, writer),
    ),
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
      const { op } = change;
      return changeLine(
        change,
        command === "drift" ? driftWords[op] : op,
        writer,
      );
    }),
    close: "\n</details>",
  };
}

const mostDiffs = 20;

function changeLine(change: Change, done: string, { code }: Writer): string {
  const { type, name, diffs, values, replaceKeys } = change;
  const paths = listSome(
    diffs,
    mostDiffs,
    (path) => `${code(path, 100)}${wordValue(values[path], code)}`,
  );
  const forcing = replaceKeys.slice(0, mostDiffs).map((key) => code(key, 100));
  return [
    `- ${change.failed ? "**failed to** " : ""}${done} ${code(name)} (${code(type, 100)})`,
    change.leftover ? ", left over from an interrupted replacement" : "",
    paths && `: ${paths}`,
    forcing.length > 0 ? `; replaced because of ${forcing.join(", ")}` : "",
  ].join("");
}

function wordValue(
  value: ShownValue | undefined,
  code: Writer["code"],
): string {
  if (!value) return "";
  const word = (text: string | undefined) =>
    text === undefined ? "nothing" : code(text, 100);
  return ` ${word(value.before)} → ${word(value.after)}`;
}

const statusWords: Readonly<Record<ProofLine["status"], string>> = {
  failed: "**failed**",
  warning: "warning",
  "not-made": "not made",
  passed: "passed",
};

/** More passed checks than these are folded. */
const mostPassed = 5;

const proofHead = "| | Request | Expected | Response |\n|---|---|---|---|";

export function proofSections(
  proof: Proof | undefined,
  { prose }: Writer,
): readonly Section[] {
  const row = ({ status, title, expected, actual, message }: ProofLine) => {
    const answer = [actual, message].filter(Boolean).join(": ");
    return `| ${statusWords[status]} | ${prose(title, 300)} | ${prose(expected)} | ${prose(answer, 500)} |`;
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
