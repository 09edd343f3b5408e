// A Mermaid diagram of consumers, routes and upstreams, within Mermaid's limits: 50,000 characters, 500 edges.
import { mayCallRoute } from "../gate/grants.ts";
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import { label } from "./markdown.ts";

/** Of each column; the rest is one more node. */
const mostNodes = 20;
const mostNames = 3;

interface Column {
  readonly nodes: readonly string[];
  /** Names beyond the cap share the last node. */
  readonly idOf: (name: string) => string;
}

export function diagram(gate: GateSummary): string {
  const groups = callerGroups(gate);
  const left = column("c", groups.map(nameGroup), ["([", "])"]);
  const middle = column("r", gate.routes.map(nameRoute), ["[", "]"]);
  const upstreams = new Set(gate.routes.map(({ upstream }) => upstream));
  const right = column("u", [...upstreams], ["[/", "/]"]);
  const calls = groups.flatMap((group) =>
    group.routes.map(
      (route) =>
        `${left.idOf(nameGroup(group))} --> ${middle.idOf(nameRoute(route))}`,
    ),
  );
  const targets = gate.routes.map(
    (route) =>
      `${middle.idOf(nameRoute(route))} --> ${right.idOf(route.upstream)}`,
  );
  const nodes = [...left.nodes, ...middle.nodes, ...right.nodes];
  const lines = [...nodes, ...new Set([...calls, ...targets])];
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

function nameGroup({ ids }: Group): string {
  const more = ids.length - mostNames;
  const names = ids.slice(0, mostNames);
  return [...names, ...(more > 0 ? [`+${more} more`] : [])].join(", ");
}

const nameRoute = ({ methods, path }: RouteSummary): string =>
  `${methods.join(", ")} ${path}`;

function column(
  prefix: string,
  names: readonly string[],
  [open, close]: readonly [string, string],
): Column {
  const shown = names.slice(0, mostNodes);
  const more = names.length - shown.length;
  const labels = [...shown, ...(more > 0 ? [`+${more} more`] : [])];
  const indexes = new Map(shown.map((name, index) => [name, index]));
  return {
    nodes: labels.map(
      (text, index) => `${prefix}${index}${open}"${label(text)}"${close}`,
    ),
    idOf: (name) => `${prefix}${indexes.get(name) ?? mostNodes}`,
  };
}
