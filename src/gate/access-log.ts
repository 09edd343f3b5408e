// The line that API Gateway writes for each call. A format has no functions, and whether quotes in values are escaped is not documented:
// so it holds nothing that a caller writes freely (path, query, headers, User-Agent). Nor the text of an error: for an unknown path
// API Gateway's quotes the Authorization header.
import { type Gate, isFronted } from "./gate.ts";

/** Values are texts, since a value that there is none of is `-`. */
const everyCall = {
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  stage: "$context.stage",
  ip: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  route: "$context.resourcePath",
  status: "$context.status",
  error: "$context.error.responseType",
  latency: "$context.responseLatency",
  authorizerLatency: "$context.authorizer.integrationLatency",
  upstreamLatency: "$context.integrationLatency",
  upstreamStatus: "$context.integration.status",
  bytes: "$context.responseLength",
} as const;

/** What the gate's own authorizer says of callers that it knows: ids and codes. */
const knownCaller = {
  consumer: "$context.authorizer.consumer",
  credential: "$context.authorizer.mode",
  denial: "$context.authorizer.denial",
} as const;

/** A user's own authorizer may call a caller by anything, with quotes in it or by the token itself. */
export function accessLogFormat(gate: Pick<Gate, "auth" | "upstreams">) {
  if (gate.auth.mode === "built-in") return { ...everyCall, ...knownCaller };
  const { credential, denial } = knownCaller;
  return isFronted(gate)
    ? { ...everyCall, credential, denial }
    : { ...everyCall };
}
