// Reads the function out of an integration or authorizer URI.

import { stageVariable } from "./context.ts";
import type { Exchange } from "./exchange.ts";

const variable = /\$\{stageVariables\.([\w-]+)\}/g;

/** Fills in `${stageVariables.name}`; undefined when one of them is not set on the stage. */
export function withStageVariables(
  exchange: Exchange,
  uri: string,
): string | undefined {
  const names = [...uri.matchAll(variable)].map(([, name = ""]) => name);
  if (names.some((name) => (stageVariable(exchange, name) ?? "") === ""))
    return undefined;
  return uri.replace(
    variable,
    (_all, name: string) => stageVariable(exchange, name) ?? "",
  );
}

/** The ARN within `…:lambda:path/2015-03-31/functions/<arn>/invocations`; undefined for any other URI. */
export function functionArn(
  exchange: Exchange,
  uri: string | undefined,
): string | undefined {
  const filled =
    uri === undefined ? undefined : withStageVariables(exchange, uri);
  const shape =
    /^arn:[\w-]+:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/([^/]+)\/invocations$/;
  return filled === undefined ? undefined : shape.exec(filled)?.[1];
}
