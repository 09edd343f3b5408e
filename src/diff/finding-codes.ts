/** Every kind of difference between two gates with what it means, the gravest first. */
export const differenceCodes = {
  "auth-removed": "no route asks the authorizer any more",
  "public-route": "a route may be called by anybody, without a credential",
  "auth-changed":
    "another authorizer, other code of your own one, other kinds of credentials, or another issuer behind a name",
  "token-header":
    "callers may send their credential in other headers than before; this breaks those who use one that is gone",
  "strip-headers":
    "other headers than before reach upstreams as callers wrote them",
  "url-change":
    "the gate's URL changes or stops answering; this breaks callers",
  "policy-widened":
    "a consumer or an issuer may do more than before: more routes or models, another token, a later expiry, other JWT conditions, another audience; or a role's policy changes, or the path or permissions boundary of the gate's roles",
  "network-widened":
    "all callers, or a consumer, may call from more networks than before",
  "issuer-added": "JWTs of one more issuer are taken",
  "consumer-added": "a new consumer",
  "consumer-order":
    "JWT consumers are tried in another order, so a token may identify another consumer",
  "cache-raised":
    "allowed results are cached longer, so a revoked credential lives longer",
  "cors-widened": "pages of more origins may call the gate",
  "edge-widened":
    "the gate can be reached in more ways: on the internet, through another VPC endpoint, by AWS's default endpoint again, past a web ACL that is gone or another one, or by older TLS",
  "credential-changed":
    "a route's upstream gets a credential, none, or another one, or other headers from the gate",
  "upstream-changed": "a route leads somewhere else",
  "store-changed": "tokens are kept elsewhere",
  "logs-reduced":
    "less is recorded of calls, for a shorter time, or an alarm is gone or raised later",
  "limits-raised": "callers may send more requests than before",
  "route-added": "a new route",
  "methods-added": "a route answers more methods",
  "route-closed": "a route that was public asks for a credential",
  "policy-narrowed":
    "a consumer or an issuer may do less than before; this can break callers",
  "network-narrowed":
    "all callers, or a consumer, may call from fewer networks than before; this can break callers",
  "consumer-removed": "a consumer that is gone, with all its credentials",
  "issuer-removed": "JWTs of an issuer are no longer taken",
  "route-removed": "a route that is gone; this breaks its callers",
  "methods-removed": "a route answers fewer methods; this breaks their callers",
  "cache-lowered": "allowed results are cached shorter",
  "limits-lowered": "callers may send fewer requests than before",
  "cors-narrowed": "pages of an origin may no longer call the gate",
  "logs-extended":
    "more is recorded of calls, for a longer time, or an alarm is new or raised earlier",
  "edge-narrowed":
    "the gate can be reached in fewer ways: through VPC endpoints alone or fewer of them, newer TLS, or a web ACL in front of it",
  "delivery-changed": "a route streams, buffers or times out differently",
} as const;

/** `fail-on` and `allow` use these words. */
export const findingCodes = {
  ...differenceCodes,
  replace: "a resource is replaced (deployments of the API are not counted)",
  delete: "a resource is deleted (deployments of the API are not counted)",
  drift: "a resource was changed or deleted outside this action",
} as const;

export type FindingCode = keyof typeof findingCodes;

/** A lost table of tokens is the exception. */
const withoutSecurity: ReadonlySet<FindingCode> = new Set([
  "route-removed",
  "methods-removed",
  "cache-lowered",
  "limits-lowered",
  "cors-narrowed",
  "logs-extended",
  "edge-narrowed",
  "delivery-changed",
  "replace",
  "delete",
]);

/** Other code in the authorizer is another authorizer. */
const sameRank: Readonly<Partial<Record<FindingCode, FindingCode>>> = {
  drift: "auth-changed",
  replace: "route-added",
  delete: "route-added",
};

/** @returns the place of a code in a list that may be cut at its end, 0 for the gravest. */
export const securityRank = (code: FindingCode): number =>
  Object.keys(findingCodes).indexOf(sameRank[code] ?? code);

export interface Finding {
  readonly code: FindingCode;
  /** As `allow` names it: a path, a consumer's id, a key of the config (`plans.basic`), or the name of a resource. */
  readonly subject: string;
  /** One sentence without a full stop, starting small; names and values stand between backticks. */
  readonly sentence: string;
  /** Whether a reviewer of access should look: who can call what, how often, with which credential, where to. */
  readonly security: boolean;
  /** Codes that may apply as well but cannot be checked: `fail-on` stops this finding for each of them. */
  readonly standsFor?: readonly FindingCode[];
}

export const finding = (
  code: FindingCode,
  subject: string,
  sentence: string,
): Finding => ({
  code,
  subject,
  sentence,
  security: !withoutSecurity.has(code),
});
