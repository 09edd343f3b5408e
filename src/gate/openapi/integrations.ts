// What API Gateway does with a call of a route: one integration for each kind of upstream.
import {
  type Gate,
  type HttpMethod,
  isHttp,
  type Route,
  upstreamOf,
} from "../gate.ts";
import { headerSources } from "../overwritten-headers.ts";
import { placeholdersOf, targetUrl } from "../paths.ts";
import { prefixed } from "./openapi-cors.ts";

export function buildIntegration(gate: Gate, route: Route, method: HttpMethod) {
  const upstream = upstreamOf(gate, route);
  if (!isHttp(upstream))
    throw new Error(`no integration for the kind ${upstream.kind}`);
  const uri = targetUrl(route, upstream);
  const parameters = placeholdersOf(uri).map(
    (name) => [name, `method.request.path.${name}`] as const,
  );
  const query = Object.entries(upstream.query).map(
    ([name, value]) => [name, `'${value}'`] as const,
  );
  return {
    type: "http_proxy" as const,
    httpMethod: method,
    uri,
    responseTransferMode: route.stream ? "STREAM" : "BUFFERED",
    timeoutInMillis: route.timeout * 1000,
    requestParameters: {
      ...prefixed(
        "integration.request.header.",
        headerSources(gate, upstream, method),
      ),
      ...prefixed("integration.request.path.", Object.fromEntries(parameters)),
      ...prefixed(
        "integration.request.querystring.",
        Object.fromEntries(query),
      ),
      // An answer that is not streamed is read as text, so it must not come compressed.
      ...(!route.stream && {
        "integration.request.header.Accept-Encoding": "'identity'",
      }),
    },
  };
}
