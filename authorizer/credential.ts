// Takes the token out of the one header that API Gateway hands to a TOKEN authorizer. Pure.
import { demand } from "./failure.ts";

/** API Gateway allows 10,240 bytes for all headers together; no token we issue or verify needs more than this. */
export const tokenLengthLimit = 8192;

const schemeLength = "Bearer ".length;
const bearer = /^[Bb]earer ([A-Za-z0-9._~+/=-]{1,8192})$/;
const raw = /^([A-Za-z0-9._~+/=-]{1,8192})$/;

/**
 * Returns the token within a header's value. The header `Authorization` (in any case) must hold the scheme `Bearer` and
 * exactly one space; any other header holds the bare token. Lists, padding and second schemes are refused, so that one
 * token has one spelling: API Gateway caches by the raw value.
 *
 * @throws Refusal
 */
export function parseCredential(headerName: string, value: unknown): string {
  demand(typeof value === "string", "credential-missing");
  demand(
    value.length <= tokenLengthLimit + schemeLength,
    "credential-too-long",
  );
  const pattern = headerName.toLowerCase() === "authorization" ? bearer : raw;
  const token = pattern.exec(value)?.[1];
  demand(token, "credential-malformed");
  return token;
}
