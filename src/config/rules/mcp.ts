// MCP servers: the scopes of their clients, and whether a client can find out where to sign in.
import { type Gate, upstreamOf } from "../../gate/gate.ts";
import {
  challengedResource,
  metadataDocuments,
  protectedResources,
} from "../../gate/openapi/mcp-metadata.ts";
import { websocketPaths } from "../../gate/openapi/websockets.ts";
import { countResources, mostResources } from "../../gate/paths.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";
import type { PlacedRoute } from "./routes.ts";
import { checkList } from "./value-checks.ts";

const mostScopes = 30;

/** @returns the scopes as the metadata names them; undefined where none are given */
export function checkScopes(
  given: Located<Config["upstreams"][string]>,
): string[] | undefined {
  const scopes = given.at("scopes");
  if (scopes === undefined) return undefined;
  return checkList("scope", scopes.items(), {
    most: mostScopes,
    faultOf: scopeFault,
  });
}

/** RFC 6749, 3.3. */
const scopeFault = (scope: string): string | undefined =>
  /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(scope)
    ? undefined
    : 'is not an OAuth scope: use 1 to 128 printable ASCII characters without space, " and \\';

/** Warns of routes to MCP servers that work for some clients only; reports paths of metadata that are too many. */
export function checkMcp(placed: readonly PlacedRoute[], gate: Gate): void {
  const toServers = placed.filter(
    ({ route }) => upstreamOf(gate, route).kind === "mcp",
  );
  for (const { route, given } of toServers) {
    const upstream = given.at("upstream");
    if (!route.stream)
      upstream.warn(
        `${quoted(route.path)} does not stream, so what the MCP server writes bit by bit arrives late, or not at all after 29 seconds: remove stream: false`,
      );
    const why = whyNoSignIn({ ...gate, routes: [route] });
    if (why !== undefined)
      upstream.warn(
        `MCP clients are not told where to sign in for ${quoted(route.path)}: ${why} give clients a token for their header`,
      );
  }
  const [first] = toServers;
  if (first === undefined) return;
  warnOfSharedChallenge(first, gate);
  const documents = [...metadataDocuments(gate).keys()];
  const count = countResources([
    ...gate.routes.map(({ path }) => path),
    ...websocketPaths(gate),
    ...documents,
  ]);
  if (documents.length > 0 && count > mostResources)
    first.given.report(
      `Too many routes for one API with the metadata of its MCP servers (${count} API Gateway resources): use at most ${mostResources}`,
    );
}

/** @returns why the gate's 401 does not say where to sign in, and what to do, if it does not */
function whyNoSignIn(gate: Gate): string | undefined {
  if (protectedResources(gate).length > 0) return undefined;
  if (gate.auth.mode === "custom")
    return "the gate does not know whose tokens your own authorizer takes, so";
  const [route] = gate.routes;
  const headers = route ? upstreamOf(gate, route).tokenHeaders : [];
  return headers.some((name) => name.toLowerCase() === "authorization")
    ? "no consumer with a `jwt` may call it. Add one, or"
    : `OAuth's tokens come in Authorization. Add it to token-header (${headers.join(", ")}), or`;
}

function warnOfSharedChallenge({ given }: PlacedRoute, gate: Gate): void {
  const paths = protectedResources(gate).map(({ path }) => path);
  const shared = challengedResource(gate);
  if (shared !== undefined && paths.length > 1)
    given
      .at("upstream")
      .warn(
        `Several MCP servers (${paths.slice(0, mostShown).join(", ")}) share the one 401 of the API, which has clients sign in for ${quoted(shared.path || "/")}, with any of their issuers. Most clients take a path above their own, some want the exact one (RFC 9728, 3.3): use one gate a server for those`,
      );
}

const mostShown = 10;
