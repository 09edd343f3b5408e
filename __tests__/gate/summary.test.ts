import { summarizeGate } from "../../src/gate/difference/summary.ts";
import type {
  Consumer,
  Gate,
  Issuer,
  IssuerKeys,
} from "../../src/gate/gate.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  secretArn,
  sourceOf,
} from "./sources.ts";

const gate = gateOf(sourceOf(fewInputs, fullConfig));

test("a summary tells everything but secrets", () => {
  const summary = summarizeGate(gate);
  expect(summary).toEqual({
    version: 2,
    stageName: "live",
    tokenHeader: "x-api-key",
    auth: { modes: ["token"], cacheTtl: 30, store: "bundled", issuers: [] },
    routes: [
      {
        path: "/openai/{proxy+}",
        methods: ["GET", "POST"],
        upstream: "openai",
        host: "api.openai.com",
        target: "https://api.openai.com/v1/{proxy}",
        guarded: true,
        credential: true,
        credentialHeader: "Authorization",
        credentialSecret: "openai-key",
        stream: true,
        timeout: 600,
      },
      {
        path: "/anthropic/v1/{proxy+}",
        methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        upstream: "anthropic",
        host: "api.anthropic.com",
        target: "https://api.anthropic.com/{proxy}",
        guarded: true,
        credential: true,
        credentialHeader: "x-api-key",
        credentialSecret: "/ai/anthropic",
        stream: true,
        timeout: 900,
      },
      {
        path: "/score/{id}",
        methods: ["POST"],
        upstream: "scorer",
        host: "scores.example.com:8443",
        target: "https://scores.example.com:8443/models/{id}",
        guarded: true,
        credential: false,
        stream: false,
        timeout: 20,
      },
    ],
    consumers: [
      {
        id: "team-a",
        modes: ["token"],
        tokens: 1,
        identities: [],
        access: ["/openai/**", "/score/{id}"],
        expires: "2027-06-30",
        disabled: false,
      },
      {
        id: "team-b",
        modes: ["token"],
        tokens: 2,
        identities: [],
        access: ["/**"],
        disabled: false,
      },
    ],
    plans: [],
    throttle: { rate: 12.5, burst: 20 },
    origins: ["https://app.example.com", "http://localhost:3000"],
  });
  const text = JSON.stringify(summary);
  for (const { tokenHashes } of gate.consumers)
    for (const hash of tokenHashes) expect(text).not.toContain(hash);
  expect(text).not.toContain(secretArn);
  expect(JSON.parse(text)).toEqual(summary);
});

const consumer: Consumer = {
  id: "ci",
  tokenHashes: [],
  identities: [],
  access: ["/**"],
  disabled: false,
};
const byJwt = { identities: [{ issuer: "staff", conditions: [] }] };
const byGithub = { identities: [{ issuer: "github", conditions: [] }] };

const issuer: Issuer = {
  name: "staff",
  issuer: "https://staff.example.com",
  audiences: ["gate"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: { kind: "discovery" },
  clockSkew: 30,
  conditions: [],
};

function authOf(
  consumers: readonly Partial<Consumer>[],
  more: Partial<Extract<Gate["auth"], { mode: "built-in" }>> = {},
) {
  const auth = {
    mode: "built-in" as const,
    cacheTtl: 60,
    store: "bundled" as const,
    issuers: [],
    ...more,
  };
  return summarizeGate({
    ...gate,
    auth,
    consumers: consumers.map((one) => ({ ...consumer, ...one })),
  }).auth;
}

test.each([
  ["tokens", [{ tokenHashes: ["a"] }], ["token"]],
  ["JWTs", [byJwt], ["jwt"]],
  ["GitHub workflows", [byGithub], ["github-oidc"]],
  [
    "everything, in one order",
    [byGithub, byJwt, { tokenHashes: ["a"] }],
    ["token", "jwt", "github-oidc"],
  ],
  ["nothing", [], []],
] as [string, Partial<Consumer>[], string[]][])(
  "callers are known by %s",
  (_, consumers, modes) => {
    expect(authOf(consumers).modes).toEqual(modes);
  },
);

test("a table of tokens knows tokens, whatever the file says of them", () => {
  expect(authOf([byJwt], { store: "dynamodb" })).toEqual({
    modes: ["token", "jwt"],
    cacheTtl: 60,
    store: "dynamodb",
    issuers: [],
  });
});

test.each<[IssuerKeys, string]>([
  [{ kind: "discovery" }, "discovery"],
  [{ kind: "uri", uri: "https://k.example.com" }, "https://k.example.com"],
  [
    { kind: "given", jwks: { keys: [{ kty: "OKP", x: "abc" }] } },
    '[{"kty":"OKP","x":"abc"}]',
  ],
])("an issuer with its keys from %j", (keys, words) => {
  const { issuers } = authOf([byJwt], { issuers: [{ ...issuer, keys }] });
  expect(issuers).toEqual([{ ...issuer, keys: words }]);
});

test("a consumer with all that it may have", () => {
  const full: Consumer = {
    id: "ci",
    tokenHashes: ["a", "b"],
    identities: [
      { issuer: "staff", conditions: [{ claim: "scope", anyOf: ["x"] }] },
    ],
    access: ["/a"],
    expires: "2027-01-01",
    disabled: true,
    plan: "basic",
  };
  expect(summarizeGate({ ...gate, consumers: [full] }).consumers).toEqual([
    {
      id: "ci",
      modes: ["token", "jwt"],
      tokens: 2,
      identities: full.identities,
      access: ["/a"],
      expires: "2027-01-01",
      disabled: true,
      plan: "basic",
    },
  ]);
});

test("a custom authorizer stands alone", () => {
  const auth = {
    mode: "custom" as const,
    cacheTtl: 5,
    directory: "a",
    runtime: "python3.13",
    handler: "a.b",
  };
  expect(summarizeGate({ ...gate, auth, consumers: [] }).auth).toEqual({
    modes: ["custom"],
    cacheTtl: 5,
    store: "bundled",
    issuers: [],
  });
});

test("no CORS is no origins", () => {
  const without: Gate = gateOf(
    sourceOf(fewInputs, fullConfig.replace(/^cors: .*$/m, "")),
  );
  expect(summarizeGate(without).origins).toEqual([]);
});
