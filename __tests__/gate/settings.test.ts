import {
  buildSettings,
  type ProofPublicKey,
} from "../../src/gate/access/settings.ts";
import { usageKeysOf } from "../../src/gate/access/usage-keys.ts";
import type { Gate, Issuer } from "../../src/gate/gate.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  otherToken,
  pythonHandler,
  secretArn,
  sha256,
  sourceOf,
  token,
  workspaceOf,
} from "./sources.ts";

const publicKey: ProofPublicKey = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};

test("the authorizer is told what it decides by, and no more", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  const settings = buildSettings(gate, { proofKey: publicKey, sha256 });
  expect(settings).toEqual({
    version: 1,
    gate: "ai-gate/prod",
    stage: "live",
    header: "x-api-key",
    upstreams: {
      anthropic: {
        prefix: "",
        secret: { store: "ssm", name: "/ai/anthropic" },
      },
      openai: {
        prefix: "Bearer ",
        secret: { store: "secrets-manager", arn: secretArn },
      },
    },
    issuers: [],
    consumers: [
      {
        id: "team-a",
        hashes: [sha256(token)],
        identities: [],
        expires: "2027-06-30",
        resources: ["GET/openai/*", "POST/openai/*", "POST/score/*"],
        upstreams: ["openai"],
      },
      {
        id: "team-b",
        hashes: [sha256(otherToken), "ab".repeat(32)],
        identities: [],
        resources: ["*"],
        upstreams: ["anthropic", "openai"],
      },
    ],
    store: null,
    custom: null,
    proof: { publicKey },
  });
  expect(JSON.stringify(settings)).not.toContain(token);
});

test("without a proof there is no key", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  expect(buildSettings(gate, { proofKey: null, sha256 }).proof).toBeNull();
});

/** A gate that knows everything, with plans. */
const mixed = `
auth:
  issuers:
    staff: { issuer: https://login.example.com, audience: gate, jwks-uri: https://login.example.com/jwks, max-lifetime: 3600 }
upstreams: { a: { url: https://a.example.com, secret: "ssm:/a" } }
routes: [{ path: "/a/{proxy+}", methods: [GET], upstream: a }]
consumers:
  - { id: web, jwt: { issuer: staff, claims: { sub: me } }, plan: basic }
  - { id: key, token: { env: TEAM_A_TOKEN }, disabled: true }
plans: { basic: { rate: 1, burst: 1 } }
`;

test("issuers, identities and usage keys are told too", () => {
  const gate = gateOf(sourceOf(fewInputs, mixed));
  const { issuers, consumers } = buildSettings(gate, {
    proofKey: null,
    sha256,
  });
  expect(issuers).toEqual([
    {
      name: "staff",
      issuer: "https://login.example.com",
      audiences: ["gate"],
      audienceClaim: "aud",
      algorithms: ["RS256"],
      keys: { uri: "https://login.example.com/jwks" },
      clockSkew: 30,
      maxLifetime: 3600,
      conditions: [],
    },
  ]);
  expect(consumers).toEqual([
    {
      id: "web",
      hashes: [],
      identities: [
        { issuer: "staff", conditions: [{ claim: "sub", anyOf: ["me"] }] },
      ],
      usageKey: sha256("ai-gate/prod/web"),
      resources: ["*"],
      upstreams: ["a"],
    },
    {
      id: "key",
      hashes: [sha256(token)],
      identities: [],
      disabled: true,
      usageKey: sha256("ai-gate/prod/"),
      resources: ["*"],
      upstreams: ["a"],
    },
  ]);
});

test("given keys are told as they are, and keys that were not discovered are a bug", () => {
  const gate = gateOf(sourceOf(fewInputs, mixed));
  const withKeys = (keys: Issuer["keys"]): Gate => ({
    ...gate,
    auth: {
      mode: "built-in",
      cacheTtl: 60,
      store: "bundled",
      issuers:
        gate.auth.mode === "custom"
          ? []
          : gate.auth.issuers.map((issuer) => ({ ...issuer, keys })),
    },
  });
  const parts = { proofKey: null, sha256 };
  const jwks = { keys: [{ kty: "RSA", n: "x", e: "AQAB" }] };
  expect(
    buildSettings(withKeys({ kind: "given", jwks }), parts).issuers[0]?.keys,
  ).toEqual({ jwks });
  expect(() => buildSettings(withKeys({ kind: "discovery" }), parts)).toThrow(
    "the keys of staff were not discovered",
  );
});

test("with a table no hash is told, and the table is", () => {
  const gate = gateOf(sourceOf(fewInputs, `store: dynamodb\n${mixed}`));
  const parts = { proofKey: publicKey, sha256 };
  const settings = buildSettings(gate, { ...parts, table: "x-tokens" });
  expect(settings.store).toEqual({ table: "x-tokens" });
  expect(settings.consumers.flatMap(({ hashes }) => hashes)).toEqual([]);
  expect(() => buildSettings(gate, parts)).toThrow("no name of the table");
});

test("a custom authorizer behind the gate's own is told, and nothing else decides", () => {
  const gate = gateOf(
    sourceOf(
      fewInputs,
      `auth: { mode: custom, directory: own }
upstreams: { a: { url: https://a.example.com, secret: "ssm:/a" } }
routes: [{ path: "/a/{proxy+}", methods: [GET], upstream: a }]`,
      workspaceOf({ "own/authorizer.py": pythonHandler }),
    ),
  );
  const parts = { proofKey: publicKey, sha256 };
  const settings = buildSettings(gate, { ...parts, customFunction: "own" });
  expect(settings).toMatchObject({
    upstreams: { a: { secret: { store: "ssm", name: "/a" } } },
    issuers: [],
    consumers: [],
    store: null,
    custom: { function: "own" },
    proof: null,
  });
  expect(() => buildSettings(gate, parts)).toThrow("no name of the custom");
});

test("plans have a key for each of their consumers, and one for all others", () => {
  const gate = gateOf(sourceOf(fewInputs, mixed));
  expect(usageKeysOf(gate, sha256)).toEqual([
    { consumer: "web", plan: "basic", value: sha256("ai-gate/prod/web") },
    { consumer: undefined, plan: undefined, value: sha256("ai-gate/prod/") },
  ]);
  const without = gateOf(sourceOf(fewInputs, fullConfig));
  expect(usageKeysOf(without, sha256)).toEqual([]);
});
