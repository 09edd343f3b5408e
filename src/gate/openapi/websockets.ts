// Some clients ask for a WebSocket before they use HTTP (Codex; opencode): after a 426 they go on at once, after anything else they
// try for a while. On a route that takes GET the authorizer can only say 403, so paths that services of this kind have for POST alone
// get a GET of the gate's own. Nothing is behind it.
import { matchesPath } from "../../../contract/path-template.ts";
import { type Gate, isHttp, type Route, upstreamOf } from "../gate.ts";
import {
  countResources,
  mostResources,
  placeholdersOf,
  targetUrl,
} from "../paths.ts";

/**
 * Where the services themselves take a handshake, and no other GET (API references of OpenAI and Azure OpenAI, "Responses"). Others
 * that speak their protocol have a list of responses there: Fireworks, Llama Stack.
 */
const services: readonly {
  readonly host: RegExp;
  readonly paths: readonly string[];
}[] = [
  { host: /^api\.openai\.com$/, paths: ["/v1/responses"] },
  {
    host: /^[a-z0-9-]+\.openai\.azure\.com$/,
    paths: ["/openai/responses", "/openai/v1/responses"],
  },
];

type HandshakeGate = Pick<Gate, "routes" | "upstreams">;

/** @returns literal paths below greedy routes whose GET the gate answers itself: 426 to a handshake, 405 to the rest. */
export function websocketPaths(gate: HandshakeGate): string[] {
  const paths = gate.routes.flatMap((route) =>
    route.methods.includes("GET")
      ? endpointsBelow(gate, route).filter(
          (path) => takesAlone(gate, route, path) && takesPost(gate, path),
        )
      : [],
  );
  const own = [...new Set(paths)];
  if (own.length === 0) return [];
  const all = [...gate.routes.map(({ path }) => path), ...own];
  return countResources(all) > mostResources ? [] : own;
}

/** A greedy route without other parameters: what is in front of its tail, and that tail. */
const greedyRoute = /^((?:\/[^{}/]+)*)\/(\{[^{}/]+\+\})$/;

const startOf = ({ path }: Route): string | undefined =>
  greedyRoute.exec(path)?.[1];

function endpointsBelow(gate: HandshakeGate, route: Route): string[] {
  const upstream = upstreamOf(gate, route);
  const start = startOf(route);
  if (start === undefined || !isHttp(upstream)) return [];
  const target = targetUrl(route, upstream);
  const [, host = "", root = ""] =
    /^https:\/\/([^/]+)(.*)\/\{[^{}]+\}$/.exec(target) ?? [];
  if (placeholdersOf(target).length > 1) return [];
  return services
    .filter((service) => service.host.test(host))
    .flatMap(({ paths }) => paths)
    .filter((path) => path.startsWith(`${root}/`))
    .map((path) => start + path.slice(root.length));
}

/** Whether no other route's GET is hidden: those that take the path too are greedy, and wider. */
const takesAlone = ({ routes }: HandshakeGate, route: Route, path: string) =>
  routes.every((other) => {
    if (other.path === route.path) return true;
    if (!other.methods.includes("GET") || !matchesPath(other.path, path))
      return true;
    const [start, wider] = [startOf(route), startOf(other)];
    return wider !== undefined && `${start}/`.startsWith(`${wider}/`);
  });

/** Else there is nothing to go on with. */
const takesPost = ({ routes }: HandshakeGate, path: string): boolean =>
  routes.some(
    (route) => route.methods.includes("POST") && matchesPath(route.path, path),
  );

/**
 * Velocity. API Gateway drops `Upgrade`, not this. Header names have case there: the standard's, that of Go's own clients, and HTTP/2's.
 */
export const isHandshake = [
  "Sec-WebSocket-Key",
  "Sec-Websocket-Key",
  "sec-websocket-key",
]
  .map((name) => `$input.params('${name}') != ""`)
  .join(" || ");
