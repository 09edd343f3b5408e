// Finds the API and stage that a data-plane request addresses: by execute-api host, by custom domain, or by the local path.

import type { IncomingMessage } from "node:http";
import type { ControlStore, DataPlaneTarget, DomainName } from "../model.ts";

interface DataRoute {
  readonly apiId: string;
  /** Undefined region: the local path form, which names none. */
  readonly region: string | undefined;
  readonly stageName: string;
  /** Raw, starts with a slash. */
  readonly path: string;
  readonly query: string;
  /** The whole path as it was sent, where a domain led here. */
  readonly domainPath?: string;
}

const executeApi =
  /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;
const regionalHost =
  /^d-[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/;
const local = /^\/restapis\/([^/]+)\/([^/]+)\/_user_request_(\/.*)?$/;

/** @returns undefined for what is no data-plane request */
export function dataRoute(
  request: IncomingMessage,
  store: ControlStore,
): DataRoute | undefined {
  const [raw, query = ""] = cut(request.url ?? "/", "?");
  const host = (request.headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
  const [, apiId, region] = executeApi.exec(host) ?? [];
  if (apiId !== undefined) return { apiId, region, query, ...staged(raw) };
  const [, id = "", stageName = "", path = "/"] = local.exec(raw) ?? [];
  if (id !== "")
    return { apiId: id, region: undefined, stageName, path, query };
  const domain = [...store.domainNames.values()].find(
    ({ domainName }) => domainName.toLowerCase() === host,
  );
  if (domain) return { ...mapped(domain, raw), query, domainPath: raw };
  // A regional domain name's own host, called by that name: it leads to no API.
  return regionalHost.test(host)
    ? { apiId: "", region: undefined, stageName: "", path: raw, query }
    : undefined;
}

/** AWS takes several slashes in front of the stage for one: `//stage/x` is `/stage/x`. */
function staged(raw: string): { stageName: string; path: string } {
  const [stageName, path] = cut(raw.replace(/^\/+/, ""), "/");
  return { stageName, path: `/${path ?? ""}` };
}

function cut(text: string, at: string): [string, string?] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

/** The longest base path wins; a mapping without a stage takes the stage from the next segment. */
function mapped(domain: DomainName, raw: string): Omit<DataRoute, "query"> {
  const prefix = (base: string): string =>
    base === "(none)" ? "" : `/${base}`;
  const fits = [...domain.mappings.values()]
    .filter(({ basePath }) => `${raw}/`.startsWith(`${prefix(basePath)}/`))
    .sort((a, b) => prefix(b.basePath).length - prefix(a.basePath).length);
  const [mapping] = fits;
  if (!mapping)
    return { apiId: "", region: domain.region, stageName: "", path: raw };
  const rest = raw.slice(prefix(mapping.basePath).length);
  const { restApiId: apiId, stage } = mapping;
  if (stage === undefined)
    return { apiId, region: domain.region, ...staged(rest) };
  return {
    apiId,
    region: domain.region,
    stageName: stage,
    path: rest.startsWith("/") ? rest : `/${rest}`,
  };
}

/** @returns undefined when there is no such API or no such stage: AWS answers 403 to both */
export function dataTarget(
  route: DataRoute,
  store: ControlStore,
): DataPlaneTarget | undefined {
  const record = store.apis.get(route.apiId);
  const stage = record?.stages.get(route.stageName);
  if (
    !record ||
    !stage ||
    (route.region !== undefined && route.region !== record.region)
  )
    return undefined;
  const { domainPath, stageName, path, query } = route;
  return {
    ...{ record, stage, stageName, path, query, store },
    ...(domainPath !== undefined && { domainPath }),
  };
}
