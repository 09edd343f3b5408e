// What the front does with a request: the data plane, API Gateway's control plane, or on to the emulator; the latter two
// are noted in the ledger.

import type { Agent, IncomingMessage, ServerResponse } from "node:http";
import {
  answer,
  type ControlAnswer,
  failure,
  matchOperation,
} from "../control/control-plane.ts";
import type { ControlStore, DataPlane } from "../model.ts";
import { describeAlarms, isDescribeAlarms } from "./alarms.ts";
import { dataRoute, dataTarget } from "./data-route.ts";
import {
  type Authorizer,
  faultAnswer,
  type Faults,
  protocolOf,
  refusal,
  unknownKey,
} from "./faults.ts";
import { type Entry, type Ledger, writes } from "./ledger.ts";
import type { Limits } from "./rate-limits.ts";
import {
  identify,
  type Identity,
  isControlCall,
  operationName,
  serviceName,
} from "./operations.ts";
import { passOn } from "./pass-on.ts";

export interface Front {
  readonly backend: URL;
  readonly dataPlane: DataPlane;
  readonly store: ControlStore;
  readonly ledger: Ledger;
  readonly faults: Faults;
  /** Asked before each call of the AWS API; without one all are allowed. */
  authorizer: Authorizer | undefined;
  readonly limits: Limits;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Connections to the emulator. */
  readonly agent: Agent;
  /** One line a call. */
  readonly log: (line: string) => void;
}

export async function handle(
  front: Front,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = dataRoute(request, front.store);
  if (!route) {
    await handleCall(front, await describe(request), response);
    return;
  }
  const target = dataTarget(route, front.store);
  if (target) {
    await front.dataPlane.handle(request, response, target);
    return;
  }
  request.resume();
  reply(response, failure(403, "ForbiddenException", "Forbidden"));
}

/** A call of the AWS API, other than to the data plane. */
interface AwsCall {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly identity: Identity;
  readonly service: string;
  readonly operation: string;
  /** Whether it is API Gateway's own. */
  readonly control: boolean;
  /** Whether a form or the query names the operation (`Action=`). */
  readonly action: boolean;
  /** Read already where the body is needed here; otherwise it will be streamed. */
  readonly body: Buffer | undefined;
}

async function describe(request: IncomingMessage): Promise<AwsCall> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const identity = identify(request, url);
  const control = isControlCall(identity, url);
  const type = request.headers["content-type"] ?? "";
  const isForm = type.startsWith("application/x-www-form-urlencoded");
  const body = control || isForm ? await readAll(request) : undefined;
  const service = serviceName(request, identity, control);
  const form = isForm && body ? body.toString("utf8") : "";
  const operation = operationName(request, url, { service, form });
  const action = form !== "" || url.searchParams.has("Action");
  return { request, url, identity, service, operation, control, action, body };
}

async function handleCall(
  front: Front,
  call: AwsCall,
  response: ServerResponse,
): Promise<void> {
  const { request, service, operation } = call;
  const { method = "GET", url: path = "/" } = request;
  const write = writes(operation, method);
  const { accessKey: caller } = call.identity;
  const agent = request.headers["user-agent"] ?? "";
  const who = { caller, agent };
  const entry = front.ledger.begin({
    service,
    operation,
    write,
    method,
    path,
    ...who,
  });
  const body =
    call.body ?? (front.authorizer && (await readAll(request))) ?? undefined;
  if (body) entry.body(body);
  front.log(`${service} ${operation}`);
  const requestBody = body?.toString("utf8") ?? "";
  const asked = { service, operation, method, path, requestBody, ...who };
  const protocol = protocolOf(
    service,
    "x-amz-target" in request.headers,
    call.action,
  );
  const unknown = unknownKey(asked, { accessKey: caller, protocol });
  const refused = unknown ? undefined : await front.authorizer?.(asked);
  const fault =
    unknown ??
    (refused === undefined
      ? front.faults.take(asked)
      : refusal(asked, refused));
  if (fault?.status === 0) {
    entry.finish(0);
    request.socket.resetAndDestroy();
  } else if (fault) {
    request.resume();
    finish(response, entry, faultAnswer(fault, protocol));
  } else if (call.control) finish(response, entry, controlAnswer(front, call));
  else if (isDescribeAlarms(service, requestBody)) {
    const { status, text } = await describeAlarms(
      front.backend,
      request,
      requestBody,
    );
    response.writeHead(status, { "content-type": "text/xml" }).end(text);
    entry.finish(status);
  } else {
    const { backend, agent } = front;
    await passOn(request, response, { backend, agent, entry, read: body });
  }
}

function controlAnswer(front: Front, call: AwsCall): ControlAnswer {
  const { request, url, identity } = call;
  const { method = "GET" } = request;
  const matched = matchOperation(method, url.pathname);
  // 501 is not retried by SDKs, and is not to be taken for an answer of AWS.
  if (!matched) {
    const message = `The local API Gateway does not know ${method} ${url.pathname}`;
    return failure(501, "NotImplemented", message);
  }
  const { region, account } = identity;
  if (!front.limits.pass(matched.operation.name, `${account} ${region}`))
    return failure(429, "TooManyRequestsException", "Too Many Requests");
  const text = call.body?.toString("utf8") ?? "";
  const { store, now, dataPlane } = front;
  return answer(
    { ...matched, query: url.searchParams, text, region, account },
    { store, now, flush: (apiId, stage) => dataPlane.flush(apiId, stage) },
  );
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function finish(
  response: ServerResponse,
  entry: Entry,
  result: ControlAnswer,
): void {
  entry.finish(result.status);
  reply(response, result);
}

function reply(
  response: ServerResponse,
  { status, headers, body }: ControlAnswer,
): void {
  const empty = status === 204;
  const length = empty ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, {
    "content-type": "application/json",
    ...length,
    ...headers,
  });
  response.end(empty ? undefined : body);
}
