import type { Condition } from "../../contract/authorizer-settings.ts";
import type { JwtAlgorithm } from "../../contract/public-keys.ts";
import type { JsonObject } from "../../contract/readers.ts";
import { assertCaller } from "../failure.ts";
import { holdAll } from "./condition.ts";
import {
  checkSignature,
  mediaTypeOf,
  type JsonWebKeySet,
  type UnverifiedJws,
} from "./envelope.ts";

export interface Expectation {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** `aud`, or the issuer's claim for it. */
  readonly audienceClaim: string;
  readonly algorithms: readonly JwtAlgorithm[];
  /** Accepted `typ`, as `mediaTypeOf` returns it. */
  readonly types: readonly (string | undefined)[];
  readonly jwks: JsonWebKeySet;
  /** Seconds of leeway for `iat` and `nbf`; none for `exp`. */
  readonly clockSkew: number;
  /** Seconds from `iat` to `exp`. */
  readonly maxLifetime: number;
  readonly conditions: readonly Condition[];
}

/** Larger numbers count milliseconds. */
const timeLimit = 1e11;

/** No control characters: they could end a header or a log line. */
const subject = /^[^\0-\x1f\x7f-\x9f]{1,1024}$/;

/** Signature first, then every claim; `now` in epoch milliseconds. @throws Refusal */
export async function verifyJwt(
  jws: UnverifiedJws,
  expected: Expectation,
  now: number,
): Promise<void> {
  await checkSignature(jws, expected.jwks, expected.algorithms);
  const { header, payload } = jws;
  assertCaller(expected.types.includes(mediaTypeOf(header)), "jws-header");
  assertCaller(payload["iss"] === expected.issuer, "claim-issuer");
  assertCaller(isForUs(payload, expected), "claim-audience");
  checkTimes(payload, expected, now / 1000);
  assertCaller(isSubject(payload["sub"]), "claim-subject");
  assertCaller(holdAll(expected.conditions, payload), "claim-condition");
}

/** RFC 7519 §4.1.3. */
function isForUs(
  payload: JsonObject,
  { audienceClaim, audiences }: Expectation,
): boolean {
  const named: unknown[] = [payload[audienceClaim]].flat();
  return (
    named.every((audience) => typeof audience === "string") &&
    named.some((audience) => audiences.includes(audience))
  );
}

function checkTimes(
  { exp, iat, nbf }: JsonObject,
  { clockSkew, maxLifetime }: Expectation,
  nowSeconds: number,
): void {
  assertCaller(isTime(exp), "claim-time");
  for (const start of [iat, nbf])
    assertCaller(
      start === undefined || (isTime(start) && start <= nowSeconds + clockSkew),
      "claim-time",
    );
  assertCaller(nowSeconds < exp, "claim-expired");
  assertCaller(
    isTime(iat)
      ? exp > iat && exp - iat <= maxLifetime
      : maxLifetime === Infinity,
    "claim-time",
  );
}

const isTime = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value < timeLimit;

const isSubject = (sub: unknown): boolean =>
  typeof sub === "string" && subject.test(sub);
