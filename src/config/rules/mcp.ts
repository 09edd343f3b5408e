// MCP servers: the scopes of their clients, and whether a client can find out where to sign in.
import { type Gate, upstreamOf } from "../../gate/gate.ts";
import {
  challengedResource,
  metadataDocuments,
  protectedResources,
} from "../../gate/openapi/mcp-metadata.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import { countResources, mostResources, type PlacedRoute } from "./routes.ts";
import { checkList } from "./value-checks.ts";

const mostScopes = 30;

/** @returns the scopes as the metadata names them; undefined where none are given */
export function checkScopes(
  given: Located<Config["upstreams"][string]>,
): string[] | undefined {
  const scopes = given.at("scopes");
  if (scopes === undefined) return undefined;
  if (given.value.kind !== "mcp")
    scopes.report(
      "Scopes of an upstream that is no MCP server: remove them, or set kind to mcp",
    );
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
    if (!route.stream)
      given
        .at("upstream")
        .warn(
          `${quoted(route.path)} leads to an MCP server and does not stream, so answers that the server sends piece by piece arrive after 29 seconds or never: remove stream: false`,
        );
    const missing = missingSignIn({ ...gate, routes: [route] });
    if (missing !== undefined)
      given
        .at("upstream")
        .warn(
          `MCP clients cannot find out where to sign in for ${quoted(route.path)}, since ${missing}; with a token in the header of their own configuration they can call it`,
        );
  }
  const [first] = toServers;
  if (first === undefined) return;
  checkShared(first, gate);
  const paths = [...gate.routes.map(({ path }) => path)];
  const documents = [...metadataDocuments(gate).keys()];
  const count = countResources([...paths, ...documents]);
  if (documents.length > 0 && count > mostResources)
    first.given.report(
      `Too many routes for one API with the sign-in data of its MCP servers (${count} API Gateway resources): use at most ${mostResources}`,
    );
}

/** @returns why the gate's 401 does not say where to sign in, if it does not */
function missingSignIn(gate: Gate): string | undefined {
  if (protectedResources(gate).length > 0) return undefined;
  if (gate.auth.mode === "custom")
    return "the gate does not know whose tokens your own authorizer takes";
  const [route] = gate.routes;
  const headers = route ? upstreamOf(gate, route).tokenHeaders : [];
  return headers.some((name) => name.toLowerCase() === "authorization")
    ? "no consumer with a `jwt` may call it: add one"
    : `tokens of OAuth come in Authorization, which is not in token-header (${headers.join(", ")}): add it`;
}

function checkShared({ given }: PlacedRoute, gate: Gate): void {
  const paths = protectedResources(gate).map(({ path }) => path);
  const shared = challengedResource(gate);
  if (shared !== undefined && paths.length > 1)
    given
      .at("upstream")
      .warn(
        `Several MCP servers (${listed(paths)}) behind one gate: API Gateway has one 401 for all of them, which names ${quoted(shared.path || "/")} as what to sign in for. Clients that want the exact URL (RFC 9728, 3.3) refuse that: use one gate for each server, or clients that take a path above it`,
      );
}
