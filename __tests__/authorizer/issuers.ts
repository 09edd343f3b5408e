// Issuers as gates have them (Cognito, Auth0, GitHub, one with other algorithms), their keys, and tokens as they make them.
import {
  ec384Keys,
  ecKeys,
  foreignKeys,
  nowSeconds,
  parse,
  proofKeys,
  rsaKeys,
  settingsFile,
  signJws,
  toJwk,
  type KeyPair,
} from "./fixtures.ts";

const poolUrl =
  "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
export const githubUrl = "https://token.actions.githubusercontent.com";
export const auth0Url = "https://example.eu.auth0.com/";
export const ownUrl = "https://login.example.com/realms/ai";

export const rsaJwk = {
  ...toJwk(rsaKeys),
  kid: "rsa-1",
  alg: "RS256",
  use: "sig",
};
const rsaSet = { jwks: { keys: [rsaJwk] } };

const issuer = (name: string, url: string, changes: object) => ({
  name,
  issuer: url,
  audiences: ["https://gate.example.com"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: rsaSet,
  clockSkew: 30,
  conditions: [],
  ...changes,
});

export const issuersFile = [
  issuer("cognito-access", poolUrl, {
    audiences: ["1example23456789"],
    audienceClaim: "client_id",
    conditions: [{ claim: "token_use", anyOf: ["access"] }],
  }),
  issuer("cognito-id", `${poolUrl}2`, {
    audiences: ["1example23456789"],
    conditions: [{ claim: "token_use", anyOf: ["id"] }],
  }),
  issuer("auth0", auth0Url, { maxLifetime: 86_400 }),
  issuer("own", ownUrl, {
    algorithms: ["ES256", "ES384", "EdDSA", "RS512"],
    keys: {
      jwks: {
        keys: [
          { ...toJwk(ecKeys), kid: "ec" },
          { ...toJwk(ec384Keys), kid: "ec384" },
          { ...toJwk(foreignKeys), kid: "ed" },
          { ...toJwk(rsaKeys), kid: "rsa512", alg: "RS512" },
        ],
      },
    },
  }),
  issuer("github", githubUrl, { audiences: ["ai-gate/prod"] }),
];

const consumer = (id: string, identities: unknown[], changes: object = {}) => ({
  id,
  hashes: [],
  identities,
  access: [{ route: "/score" }],
  ...changes,
});
const by = (name: string, ...conditions: unknown[]) => ({
  issuer: name,
  conditions,
});

/** What the deploy job writes for a `github` consumer that names no event: those that only a writer causes. */
const writersEvents = {
  claim: "event_name",
  anyOf: ["push", "workflow_dispatch", "schedule", "release"],
};

export const consumersFile = [
  ...settingsFile.consumers,
  consumer("cognito", [
    by("cognito-access", { claim: "scope", anyOf: ["gate/call"] }),
    by("cognito-id", { claim: "cognito:groups", anyOf: ["admins", "ops"] }),
  ]),
  consumer("admin", [
    by("auth0", { claim: "https://example.com/roles", anyOf: ["admin"] }),
  ]),
  consumer("machine", [by("auth0", { claim: "gty", anyOf: ["client-*"] })], {
    usageKey: "ab".repeat(32),
  }),
  consumer("own", [by("own")]),
  consumer("gone", [by("auth0", { claim: "azp", anyOf: ["gone"] })], {
    disabled: true,
  }),
  consumer("late", [by("auth0", { claim: "azp", anyOf: ["late"] })], {
    expires: "2020-01-01",
  }),
  consumer("anybody", [by("auth0", { claim: "azp", anyOf: ["gone", "late"] })]),
  consumer("release", [
    by(
      "github",
      { claim: "repository_id", anyOf: ["456789"] },
      { claim: "environment", anyOf: ["production"] },
      writersEvents,
    ),
  ]),
  consumer("ci", [
    by(
      "github",
      { claim: "repository_id", anyOf: ["456789"] },
      { claim: "ref", anyOf: ["refs/heads/main", "refs/tags/v*"] },
      {
        claim: "job_workflow_ref",
        anyOf: ["octo-org/octo-repo/.github/workflows/*.yml@refs/*"],
      },
      writersEvents,
    ),
  ]),
  consumer("named-event", [
    by(
      "github",
      { claim: "repository_owner_id", anyOf: ["777"] },
      { claim: "event_name", anyOf: ["pull_request_target"] },
    ),
  ]),
];

export const issuerSettings = parse({
  issuers: issuersFile,
  consumers: consumersFile,
});

const times = { iat: nowSeconds - 10, exp: nowSeconds + 290 };
const rsaHeader = { alg: "RS256", typ: "JWT", kid: "rsa-1" };

export const cognitoAccess = {
  sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  iss: poolUrl,
  client_id: "1example23456789",
  token_use: "access",
  scope: "openid gate/call",
  auth_time: nowSeconds - 10,
  username: "jane",
  jti: "x",
  ...times,
};
export const cognitoId = {
  sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  iss: `${poolUrl}2`,
  aud: "1example23456789",
  token_use: "id",
  "cognito:groups": ["ops"],
  email: "jane@example.com",
  ...times,
};
export const auth0 = {
  iss: auth0Url,
  sub: "abc@clients",
  aud: ["https://gate.example.com", `${auth0Url}userinfo`],
  azp: "abc",
  gty: "client-credentials",
  ...times,
};
export const own = {
  iss: ownUrl,
  sub: "jane",
  aud: "https://gate.example.com",
  ...times,
};
/** The documented example, with the ids every token has. */
export const github = {
  jti: "example-id",
  sub: "repo:octo-org/octo-repo:ref:refs/heads/main",
  aud: "ai-gate/prod",
  ref: "refs/heads/main",
  sha: "example-sha",
  repository: "octo-org/octo-repo",
  repository_owner: "octo-org",
  repository_id: "456789",
  repository_owner_id: "123456",
  actor: "octocat",
  workflow: "example-workflow",
  event_name: "push",
  ref_type: "branch",
  job_workflow_ref:
    "octo-org/octo-repo/.github/workflows/oidc.yml@refs/heads/main",
  iss: githubUrl,
  nbf: nowSeconds - 600,
  ...times,
};

/** As the issuer signs it, or as somebody else does. */
export const sign = (
  claims: object,
  header: object = {},
  { privateKey }: KeyPair = rsaKeys,
  algorithm = "RS256",
) => signJws({ ...rsaHeader, ...header }, claims, privateKey, algorithm);

export const signOwn = (alg: string, kid: string, pair: KeyPair) =>
  signJws({ alg, kid, typ: "at+jwt" }, own, pair.privateKey, alg);

export const ownTokens: [string, string][] = [
  ["ES256", signOwn("ES256", "ec", ecKeys)],
  ["ES384", signOwn("ES384", "ec384", ec384Keys)],
  ["EdDSA", signOwn("EdDSA", "ed", foreignKeys)],
  ["RS512", signOwn("RS512", "rsa512", rsaKeys)],
];

/** The proof's key signs nothing of an issuer's. */
export const foreignSigned = (claims: object) =>
  signJws(
    { alg: "EdDSA", typ: "JWT", kid: "rsa-1" },
    claims,
    proofKeys.privateKey,
  );
