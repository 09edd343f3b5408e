// Who calls what: account, region, service and operation of a request, from its signature, headers and path.

import type { IncomingMessage } from "node:http";
import { matchOperation } from "../control/control-plane.ts";
import { restOperation } from "./rest-operations.ts";

export interface Identity {
  /** Signing name; "" for an unsigned request. */
  readonly service: string;
  readonly region: string;
  readonly account: string;
}

const scope = /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

/** Signatures are not verified: the local cloud has no secrets. Twelve digits as access key are the account. */
export function identify(request: IncomingMessage, url: URL): Identity {
  const credential = url.searchParams.get("X-Amz-Credential");
  const source =
    request.headers.authorization ??
    (credential ? `Credential=${credential}` : "");
  const [, key = "", region = "us-east-1", service = ""] =
    scope.exec(source) ?? [];
  return {
    service,
    region,
    account: /^\d{12}$/.test(key) ? key : "000000000000",
  };
}

const controlPaths =
  /^\/(restapis|apikeys|usageplans|account|domainnames|vpclinks|clientcertificates|sdktypes)(\/|$)|^\/tags\/arn(:|%3A)[\w-]+(:|%3A)apigateway(:|%3A)/i;

/** API Gateway's own: signed for it, or unsigned with one of its paths. */
export function isControlCall({ service }: Identity, url: URL): boolean {
  if (service === "apigateway") return !url.pathname.startsWith("/v2/");
  return service === "" && controlPaths.test(url.pathname);
}

/** `DynamoDB_20120810.CreateTable`, `Action=CreateRole`, or by path for REST services; else `METHOD /path`. */
export function operationName(
  request: IncomingMessage,
  url: URL,
  about: { service: string; form: string },
): string {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string")
    return target.slice(target.lastIndexOf(".") + 1);
  const action =
    new URLSearchParams(about.form).get("Action") ??
    url.searchParams.get("Action");
  if (action) return action;
  const verb = request.method ?? "GET";
  const known =
    about.service === "apigateway"
      ? matchOperation(verb, url.pathname, url.searchParams)?.operation.name
      : restOperation(about.service, verb, url);
  return known ?? `${verb} ${url.pathname}`;
}

/** Unsigned calls that are not API Gateway's: the part of the target before its version, or nothing. */
export function serviceName(
  request: IncomingMessage,
  identity: Identity,
  control: boolean,
): string {
  if (control) return "apigateway";
  if (identity.service !== "") return identity.service;
  const target = request.headers["x-amz-target"];
  return typeof target === "string"
    ? target.replace(/[_.].*$/, "").toLowerCase()
    : "unknown";
}
