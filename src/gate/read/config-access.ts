// The part of ai-gate.yml's shape that says how callers are recognised, and how much they may call. Pure.
import * as z from "zod";
import { defaults } from "../defaults.ts";
import { authorizerTypes, jwtAlgorithms } from "../gate.ts";
import { claimsShape, textOrList } from "./claims.ts";
import { nonEmpty, quotaPeriods, requestLimits, whole } from "./numbers.ts";
import { listed, quoted } from "./words.ts";

const authModes = ["token", "jwt", "github-oidc", "custom"] as const;

export const issuerShape = z.strictObject({
  issuer: z.string().meta({
    description:
      "https URL of the issuer, exactly as the claim `iss` of its tokens has it",
    examples: [
      "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    ],
  }),
  audience: textOrList(
    "give the audience that the issuer writes into tokens for this gate (text or a list); without it a token made out to any other service would pass",
  ).describe(
    "The audience a token must be made out to, or a list of which it must have one",
  ),
  "audience-claim": z
    .string()
    .optional()
    .describe(
      "Claim that names the audience; default `aud`. Cognito's access tokens have `client_id` instead",
    ),
  algorithms: nonEmpty(z.string())
    .optional()
    .describe(
      `Signature algorithms, of ${jwtAlgorithms.join(", ")}; default ["${defaults.algorithm}"]`,
    ),
  "jwks-uri": z
    .string()
    .optional()
    .describe(
      "https URL of the issuer's public keys; default: the one its discovery document names",
    ),
  jwks: z
    .string()
    .optional()
    .describe(
      "File of the workspace with the issuer's public keys (a JSON Web Key Set), instead of a URL",
    ),
  claims: claimsShape
    .optional()
    .describe("What the claims of every token of this issuer must be"),
  "clock-skew": whole(0, 60, "seconds")
    .optional()
    .describe(
      `Seconds by which the issuer's clock may run ahead; default ${defaults.clockSkew}. Expiry has no leeway`,
    ),
  "max-lifetime": whole(1, 31_536_000, "seconds")
    .optional()
    .describe("Seconds from `iat` to `exp` at most; no limit by default"),
});

const githubIssuerShape = z.strictObject({
  issuer: z
    .string()
    .describe(
      `Issuer of GitHub's ID tokens, for GitHub Enterprise; default \`${defaults.githubIssuer}\``,
    ),
});

const modeHelp = `must be ${listed(authModes)}, or a list of these`;

export const authShape = z.strictObject({
  mode: z
    .union([z.enum(authModes), nonEmpty(z.enum(authModes))], {
      error: ({ input }) =>
        typeof input === "string"
          ? `${modeHelp}; ${quoted(input)} was given`
          : modeHelp,
    })
    .optional()
    .describe(
      "The only kinds of credential this gate may know; default: those the consumers have. custom: your own Lambda authorizer, alone",
    ),
  "cache-ttl": whole(0, 3600, "seconds")
    .optional()
    .describe(
      `Seconds API Gateway caches an allowed result of the same credential, method and path: the longest a revoked or expired credential can still pass. Default ${defaults.cacheTtl}; more needs a single token header`,
    ),
  issuers: z
    .record(z.string(), issuerShape)
    .optional()
    .describe("Issuers of JWTs, by a name that consumers refer to"),
  github: githubIssuerShape
    .optional()
    .describe("Where GitHub's ID tokens come from, for GitHub Enterprise"),
  type: z
    .string()
    .optional()
    .describe(
      `custom: the event that the authorizer expects, of ${authorizerTypes.join(" and ")} as API Gateway has them; default \`${defaults.authorizerType}\``,
    ),
  directory: z
    .string()
    .optional()
    .describe("custom: directory of the authorizer's code, in the workspace"),
  runtime: z
    .string()
    .optional()
    .describe("custom: Lambda runtime; default by the handler's file"),
  handler: z
    .string()
    .optional()
    .describe(
      `custom: handler as \`file.function\`; default \`${defaults.authorizerHandler}\``,
    ),
});

export const planShape = z.strictObject({
  ...requestLimits("for each of the plan's consumers"),
  quota: z
    .strictObject({
      limit: whole(1, 2_147_483_647, "requests").describe(
        "Requests in a period",
      ),
      period: z.enum(quotaPeriods).describe("The period: day, week or month"),
    })
    .optional()
    .describe("A lid on requests over a longer time"),
});
