// TestInvokeMethod: what API Gateway would send to a backend, in AWS's log lines (recorded, aws-conformance 4.8). No authorizer is asked, and
// the API as it is now answers, not a deployment. Here nothing is sent: the backend's part of the log is left out.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Exchange, newExchange, type Routed } from "../data/exchange.ts";
import type { HeaderPairs } from "../data/headers.ts";
import { upstreamRequest } from "../data/http-proxy.ts";
import { findRoute } from "../data/routing.ts";
import type { ApiRecord, Stage } from "../model.ts";
import { type Call, type Handler, param, theResource } from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import { text, textMap } from "./input.ts";

const stageName = "test-invoke-stage";

export const testInvokeMethod: Handler = (call) => {
  const { record, resource } = theResource(call);
  const verb = param(call, "method");
  const method = resource.methods.get(verb);
  const integration = method?.methodIntegration;
  if (!method || !integration)
    throw notFound("Invalid Method identifier specified");
  if (integration.type !== "HTTP_PROXY")
    throw badRequest(`The local API Gateway tests no ${integration.type}`); // ours
  const exchange = exchangeOf(call, record);
  const found = findRoute([resource], verb, exchange.target.path);
  const pathParameters = found?.pathParameters ?? {};
  const routed: Routed = Object.assign(exchange, {
    route: { resource, method, pathParameters },
  });
  const request = upstreamRequest(routed, integration, Buffer.alloc(0));
  const now = new Date(call.now * 1000).toUTCString();
  const lines = [
    `Starting execution for request: ${exchange.requestId}`,
    `HTTP Method: ${verb}, Resource Path: ${exchange.target.path}`,
    `Method request path: ${shown(Object.entries(pathParameters))}`,
    `Method request headers: ${shown(exchange.headers)}`,
    ...(request
      ? [
          `Endpoint request URI: ${request.origin.origin}${request.path}`,
          `Endpoint request headers: ${cut(shown(request.headers))}`,
        ]
      : [
          "Execution failed due to configuration error: Invalid endpoint address",
        ]),
    `Method completed with status: ${request ? 200 : 500}`,
  ].map((line) => `${now} : ${line}`);
  return {
    status: request ? 200 : 500,
    body: "",
    headers: {},
    multiValueHeaders: {},
    log: [`Execution log for request ${exchange.requestId}`, ...lines, ""].join(
      "\n",
    ),
    latency: 1,
  };
};

function exchangeOf(call: Call, record: ApiRecord): Exchange {
  const [path = "/", query = ""] = (
    text(call.body, "pathWithQueryString") ?? "/"
  ).split("?");
  const request = {
    method: param(call, "method"),
    headers: {},
    rawHeaders: Object.entries(textMap(call.body, "headers") ?? {}).flat(),
    socket: { remoteAddress: "test-invoke-source-ip" },
  };
  const stage: Stage = {
    stageName,
    deploymentId: "",
    methodSettings: {},
    cacheClusterEnabled: false,
    cacheClusterStatus: "NOT_AVAILABLE",
    tracingEnabled: false,
    createdDate: call.now,
    lastUpdatedDate: call.now,
  };
  const target = { record, stage, stageName, path, query, store: call.store };
  return newExchange(
    {
      request: request as unknown as IncomingMessage,
      response: {} as unknown as ServerResponse,
    },
    { target, stage, parts: record.parts },
    // As the recorded log has it.
    {
      time: call.now * 1000,
      sourceIp: "test-invoke-source-ip",
      vpcEndpoint: undefined,
    },
  );
}

/** `{Accept=a/b, Host=c}`; of an Authorization header AWS shows the end alone. */
const shown = (pairs: HeaderPairs): string =>
  `{${pairs
    .map(([name, value]) => {
      const masked = "*".repeat(Math.max(value.length - 6, 0));
      return name.toLowerCase() === "authorization"
        ? `${name}=${masked}${value.slice(-6)}`
        : `${name}=${value}`;
    })
    .join(", ")}}`;

/** AWS cuts a long line (LocalStack's reading: at 998 characters). */
const cut = (line: string): string =>
  line.length > 998 ? `${line.slice(0, 998)} [TRUNCATED]` : line;
