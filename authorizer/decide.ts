// The one decision of the authorizer. What has to be fetched first is in the settings already: gather.ts.
import { hash } from "node:crypto";
import { findMissingGrant } from "./access.ts";
import type {
  Consumer,
  Issuer,
  KnownToken,
  Mode,
  Validity,
} from "./callers.ts";
import {
  findExposure,
  findFixedParameter,
  findMethodOverride,
  findRefused,
  findTwin,
  findUncheckedBody,
  findUncheckedQuery,
  readRawCredential,
  readToken,
} from "./credential.ts";
import { isAllowed } from "./custom-policy.ts";
import { readCall, type Call, type Request } from "./event.ts";
import {
  assertCaller,
  InternalFailure,
  Refusal,
  type ForbiddenReason,
  type RefusalReason,
} from "./failure.ts";
import { verifyJwt } from "./jwt/claims.ts";
import { readJws, type UnverifiedJws } from "./jwt/envelope.ts";
import { findMissedRoute, findPathFault } from "./path.ts";
import {
  routeKey,
  type CustomAuthorizer,
  type Settings,
  type Upstream,
} from "./settings.ts";

interface Caller {
  readonly mode: Mode;
  readonly issuer?: string;
  /** The consumer's id, or what the table or the user's own function calls the caller. Safe in a header. */
  readonly name: string;
  readonly usageKey?: string | undefined;
}

/** For the log; undefined until the call was read so far. */
interface Traces {
  readonly route?: string;
  readonly tokenHash?: string;
}

export type Decision = Traces &
  /** 401 whatever else is wrong with the call: an unknown caller learns nothing. */
  (
    | { readonly kind: "unauthorized"; readonly reason: RefusalReason }
    | ({
        readonly caller: Caller;
        readonly resource: string;
      } & (
        | {
            /** `message` is put into the 403's JSON: printable ASCII without quotes. */
            readonly kind: "forbidden";
            readonly reason: ForbiddenReason;
            readonly message: string;
          }
        | {
            readonly kind: "allow";
            readonly upstream: Upstream | null;
          }
      ))
  );

/**
 * Decides one call (`now` in epoch milliseconds; example: README.md).
 * @throws InternalFailure for what is no event of API Gateway
 */
export async function decide(
  request: Request,
  settings: Settings,
  now: number,
): Promise<Decision> {
  let traces: Traces = {};
  try {
    const call = readCall(request, settings);
    const { method, route, stageArn } = call;
    traces = { route: routeKey(method, route.path) };
    const secret = readSecret(call, settings.custom);
    traces = { ...traces, tokenHash: hash("sha256", secret).slice(0, 12) };
    const { caller, findDenial } = settings.custom
      ? identifyCustom(call, settings.custom)
      : await identifyConsumer(call, secret, settings, now);
    const denial = findMisuse(call, secret, settings) ?? findDenial();
    if (denial !== undefined) {
      const [reason, message] = denial;
      const resource = `${stageArn}*`;
      return {
        kind: "forbidden",
        reason,
        message,
        caller,
        resource,
        ...traces,
      };
    }
    const { upstream } = route;
    const resource = `${stageArn}${method}/*`;
    return { kind: "allow", caller, upstream, resource, ...traces };
  } catch (error) {
    if (error instanceof Refusal)
      return { kind: "unauthorized", reason: error.reason, ...traces };
    throw error;
  }
}

const readSecret = (call: Call, custom: CustomAuthorizer | null): string =>
  custom
    ? (readRawCredential(call, custom.type)?.secret ?? "")
    : readToken(call);

type Denial = readonly [ForbiddenReason, string];

interface Identified {
  readonly caller: Caller;
  readonly findDenial: () => Denial | undefined;
}

function findMisuse(
  call: Call,
  secret: string,
  { routes }: Settings,
): Denial | undefined {
  const fault = findPathFault(call) ?? findMissedRoute(call, routes);
  if (fault !== undefined) return ["path", fault];
  const override = findMethodOverride(call);
  if (override !== undefined)
    return [
      "method-override",
      `${override} is for another method than ${call.method}.`,
    ];
  // API Gateway drops Upgrade, so the upstream would get a plain GET.
  if (call.headers.some(([name]) => name === "sec-websocket-key"))
    return ["websocket", "The gate does not take WebSocket calls: use HTTP."];
  const fixed = findFixedParameter(call);
  if (fixed !== undefined)
    return [
      "query-parameter",
      `The gate sets the query parameter ${fixed} itself: leave it out.`,
    ];
  const unwanted = findRefused(call);
  if (unwanted !== undefined)
    return [
      "header-refused",
      `The gate cannot keep ${unwanted} from the upstream: leave it out.`,
    ];
  const twin = findTwin(call);
  if (twin !== undefined)
    return [
      "header-twin",
      `Some servers read ${twin} as one that the gate sets itself.`,
    ];
  const parameter = findUncheckedQuery(call);
  if (parameter !== undefined) return ["query-parameter", parameter];
  const unchecked = findUncheckedBody(call);
  if (unchecked !== undefined) return ["content-type", unchecked];
  const place = findExposure(call, secret);
  return place === undefined
    ? undefined
    : [
        "credential-exposed",
        `The credential also stands in ${place}, where the upstream would see it.`,
      ];
}

async function identifyConsumer(
  call: Call,
  token: string,
  settings: Settings,
  now: number,
): Promise<Identified> {
  const { consumer, ...caller } = await identifyToken(token, settings, now);
  const { access, usageKey } = consumer;
  assertCaller(consumer.mayCallFrom(call.sourceIp), "consumer-network");
  return {
    caller: { ...caller, usageKey },
    findDenial: () => {
      const message = findMissingGrant(access, call);
      return message === undefined ? undefined : ["route-not-granted", message];
    },
  };
}

function identifyCustom(call: Call, { answer }: CustomAuthorizer): Identified {
  if (answer === undefined)
    throw new InternalFailure("custom-unavailable", "not asked");
  assertCaller(answer.kind === "policy", "custom-refused");
  const { name, statements } = answer;
  return {
    caller: { mode: "custom", name },
    findDenial: () =>
      isAllowed(statements, call.methodArn)
        ? undefined
        : [
            "custom-denied",
            "The policy of the authorizer function does not allow it.",
          ],
  };
}

async function identifyToken(
  token: string,
  settings: Settings,
  now: number,
): Promise<Caller & { readonly consumer: Consumer }> {
  const { known, jws, issuer, refusal } = recognise(token, settings);
  if (known) {
    assertValid(known, "token", now);
    const consumer = assertConsumer(known.consumer, now);
    return { mode: "token", consumer, name: known.caller ?? consumer.id };
  }
  if (!jws || !issuer) throw refusal;
  await verifyJwt(jws, issuer, now);
  const consumer = assertConsumer(issuer.findConsumer(jws.payload), now);
  const { mode, name } = issuer;
  return { mode, issuer: name, consumer, name: consumer.id };
}

/** A token as it looks, before anything is verified. */
interface Recognised {
  readonly digest: string;
  readonly known?: KnownToken;
  readonly jws?: UnverifiedJws;
  readonly issuer?: Issuer;
  readonly refusal?: unknown;
}

/** Known tokens are found by their digest, so timing tells nothing of the token. */
export function recognise(token: string, settings: Settings): Recognised {
  const digest = hash("sha256", token);
  const known = settings.tokens.get(digest);
  if (known) return { digest, known };
  try {
    assertCaller(
      settings.issuers.size > 0 && token.includes("."),
      "token-unknown",
    );
    const jws = readJws(token);
    const issuer = settings.issuers.get(jws.payload["iss"]);
    assertCaller(issuer, "claim-issuer");
    return { digest, jws, issuer };
  } catch (refusal) {
    return { digest, refusal };
  }
}

function assertConsumer(consumer: Consumer | undefined, now: number): Consumer {
  assertCaller(consumer, "consumer-unknown");
  assertValid(consumer, "consumer", now);
  return consumer;
}

function assertValid(
  { disabled, expires = Infinity }: Validity,
  what: "token" | "consumer",
  now: number,
): void {
  assertCaller(!disabled, `${what}-disabled`);
  assertCaller(now < expires, `${what}-expired`);
}
