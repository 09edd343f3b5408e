// A Mermaid diagram of consumers, routes and upstreams, within Mermaid's limits: 50,000 characters, 500 edges.
import { mayCallRoute } from "../gate/grants.ts";
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import { label } from "./markdown.ts";

/** Of each column. */
const mostNodes = 20;
const mostNames = 3;

export function diagram(gate: GateSummary): string {
  const { routes } = gate;
  const groups = callerGroups(gate);
  const callers = column("c", groups.map(nameGroup), ["([", "])"]);
  const calls = column("r", routes.map(nameRoute), ["[", "]"]);
  const upstreams = new Set(routes.map(({ upstream }) => upstream));
  const targets = column("u", [...upstreams], ["[/", "/]"]);
  const edges = [
    ...groups.flatMap((group) =>
      group.routes.map(
        (route) =>
          `${callers.idOf(nameGroup(group))} --> ${calls.idOf(nameRoute(route))}`,
      ),
    ),
    ...routes.map(
      (route) =>
        `${calls.idOf(nameRoute(route))} --> ${targets.idOf(route.upstream)}`,
    ),
  ];
  const nodes = [callers, calls, targets].flatMap((one) => one.nodes);
  const lines = [...nodes, ...new Set(edges)];
  return ["flowchart LR", ...lines.map((line) => `  ${line}`)].join("\n");
}

interface Group {
  readonly ids: string[];
  readonly routes: readonly RouteSummary[];
}

/** Consumers of the same routes are one group; those that may call none are left out. */
function callerGroups(gate: GateSummary): readonly Group[] {
  const open = gate.routes.filter(({ guarded }) => !guarded);
  const anybody =
    open.length > 0 ? [{ ids: ["anybody (no credential)"], routes: open }] : [];
  const guarded = gate.routes.filter((route) => route.guarded);
  if (gate.auth.modes.includes("custom"))
    return [
      ...anybody,
      { ids: ["callers your authorizer knows"], routes: guarded },
    ];
  const groups = new Map<string, Group>();
  for (const { id, access, disabled } of gate.consumers) {
    const routes = guarded.filter((route) => mayCallRoute(access, route));
    if (routes.length === 0 || disabled) continue;
    const key = JSON.stringify(routes.map(nameRoute));
    const group = groups.get(key) ?? { ids: [], routes };
    groups.set(key, group);
    group.ids.push(id);
  }
  return [...anybody, ...groups.values()];
}

const nameGroup = ({ ids }: Group): string => capped(ids, mostNames).join(", ");

/** The rest of a list is one more item. */
function capped(names: readonly string[], most: number): string[] {
  const more = names.length - most;
  return [...names.slice(0, most), ...(more > 0 ? [`+${more} more`] : [])];
}

const nameRoute = ({ methods, path }: RouteSummary): string =>
  `${methods.join(", ")} ${path}`;

/** Names beyond the cap share the last node. */
function column(
  prefix: string,
  names: readonly string[],
  [open, close]: readonly [string, string],
) {
  const indexes = new Map(
    names.map((name, index) => [name, Math.min(index, mostNodes)]),
  );
  return {
    nodes: capped(names, mostNodes).map(
      (text, index) => `${prefix}${index}${open}"${label(text)}"${close}`,
    ),
    idOf: (name: string) => `${prefix}${indexes.get(name) ?? mostNodes}`,
  };
}
