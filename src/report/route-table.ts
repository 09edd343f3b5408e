// The routes of a gate as a reviewer reads them: where each leads, who may call it, and what this run changes about it. Pure.
import { callersOf } from "../diff/route-changes.ts";
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import { isNew } from "./findings.ts";
import type { Run } from "./report.ts";
import type { Section } from "./sections.ts";
import { counted } from "./text.ts";
import type { Writer } from "./comment.ts";

type Mark = "new" | "changed" | "removed" | "";

export interface RouteRow {
  readonly route: RouteSummary;
  readonly mark: Mark;
  /** Ids of the consumers that may call it; undefined when the user's own authorizer decides. */
  readonly callers: readonly string[] | "anybody" | undefined;
}

/** The routes after the run in the user's order, then the removed ones. After a destroy, all are removed. */
export function routeRows(run: Run): readonly RouteRow[] {
  const { before, after, command, failure } = run;
  // Without a model of the gate as it is now, nothing is said about its routes.
  if (!after && (command !== "destroy" || failure)) return [];
  const rowsOf = (gate: GateSummary, mark: (route: RouteSummary) => Mark) =>
    gate.routes.map((route) => ({
      route,
      mark: mark(route),
      callers: route.guarded ? callersOf(gate, route) : ("anybody" as const),
    }));
  const now = after
    ? rowsOf(after, (route) =>
        before || isNew(run) ? markOf(route, after, before) : "",
      )
    : [];
  const removed = before ? rowsOf(before, () => "removed") : [];
  const gone = removed.filter(
    ({ route }) => !after || !sameRoute(after, route),
  );
  return [...now, ...gone];
}

/** A path may have several routes, one a set of methods: the same route has the path and a method in common. */
const sameRoute = (gate: GateSummary, route: RouteSummary) =>
  gate.routes.find(
    ({ path, methods }) =>
      path === route.path &&
      methods.some((method) => route.methods.includes(method)),
  );

function markOf(
  route: RouteSummary,
  after: GateSummary,
  before: GateSummary | undefined,
): Mark {
  const old = before && sameRoute(before, route);
  if (!old) return "new";
  const facts = (gate: GateSummary, one: RouteSummary) =>
    JSON.stringify([
      ...Object.entries({ ...one, methods: [...one.methods].sort() }).sort(),
      callersOf(gate, one),
    ]);
  return facts(before, old) === facts(after, route) ? "" : "changed";
}

/** The table of routes; empty when the gate is not known. */
export function routesSection(run: Run, { code }: Writer): Section {
  return {
    open: [
      "#### Routes",
      "",
      "| | Route | Upstream | Who may call |",
      "|---|---|---|---|",
    ].join("\n"),
    lines: routeRows(run).map(({ route, mark, callers }) => {
      const cells = [
        mark,
        `${route.methods.join(", ")} ${code(route.path)}`,
        `${code(route.upstream, 80)} ${code(route.host, 120)}`,
        wordCallers(callers, code),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  };
}

const mostNames = 5;

function wordCallers(
  callers: RouteRow["callers"],
  code: Writer["code"],
): string {
  if (callers === "anybody") return "**anybody, without a credential**";
  if (!callers) return "your authorizer decides";
  if (callers.length === 0) return "nobody";
  const names = callers.slice(0, mostNames).map((id) => code(id, 80));
  const more = callers.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** `2 routes and 3 consumers`. */
export function wordGate({ routes, consumers, auth }: GateSummary): string {
  const callers = auth.modes.includes("custom")
    ? "your own authorizer"
    : counted(consumers.length, "consumer");
  return `${counted(routes.length, "route")} and ${callers}`;
}
