// Where each alarm's count comes from. A Lambda function's metric Errors counts every 401, since that is how an authorizer says 401:
// so the gate's own authorizer is counted by the lines of its log.
import { type AlarmName, type Gate, isFronted } from "./gate.ts";

export type AlarmSource =
  | {
      readonly kind: "metric";
      readonly namespace: "AWS/ApiGateway" | "AWS/Lambda";
      readonly metric: string;
    }
  /** Lines of one of the gate's logs that a pattern of CloudWatch Logs matches. */
  | {
      readonly kind: "lines";
      readonly log: "access" | "authorizer";
      readonly pattern: string;
    };

type Watched = Pick<Gate, "accessLog" | "auth" | "upstreams">;

/** @returns undefined where nothing of the gate counts it */
export function alarmSource(
  gate: Watched,
  name: AlarmName,
): AlarmSource | undefined {
  const decidesItself = gate.auth.mode === "built-in" || isFronted(gate);
  const inAuthorizerLog = (pattern: string): AlarmSource | undefined =>
    decidesItself ? { kind: "lines", log: "authorizer", pattern } : undefined;
  const inAccessLog = (pattern: string): AlarmSource | undefined =>
    gate.accessLog && { kind: "lines", log: "access", pattern };
  switch (name) {
    case "authorizer-errors":
      return (
        inAuthorizerLog('{ $.decision = "error" }') ?? {
          kind: "metric",
          namespace: "AWS/Lambda",
          metric: "Errors",
        }
      );
    case "server-errors":
      return {
        kind: "metric",
        namespace: "AWS/ApiGateway",
        metric: "5XXError",
      };
    case "throttled":
      return inAccessLog('{ $.status = "429" }');
    case "unauthorized":
      // With a cache API Gateway refuses calls without a credential itself: the authorizer's log lacks them.
      return (
        inAccessLog('{ $.error = "UNAUTHORIZED" }') ??
        inAuthorizerLog('{ $.decision = "unauthorized" }')
      );
  }
}
