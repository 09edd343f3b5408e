// Holds src/gate and the authorizer together: what the one writes, the other must read as meant.
import { generateKeyPairSync } from "node:crypto";
import { parseSettings } from "../../../authorizer/settings.ts";
import {
  buildSettings,
  type SettingsParts,
} from "../../../src/gate/authorizer-settings.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import type { GateSource } from "../../../src/config/gate-source.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  pythonHandler,
  sha256,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const key = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
} as const;
/** The claim `iss` of the deploy job's proof. */
const proofIssuer = "ai-gate-action";

const names = { sha256, table: "gate-prod-tokens", customFunction: "own" };

/** As the action does before it deploys. */
function discovered(gate: Gate): Gate {
  const { auth } = gate;
  if (auth.mode === "custom") return gate;
  const issuers = auth.issuers.map((issuer) =>
    issuer.keys.kind === "discovery"
      ? {
          ...issuer,
          keys: { kind: "uri" as const, uri: `https://keys.example.com/jwks` },
        }
      : issuer,
  );
  return { ...gate, auth: { ...auth, issuers } };
}

function read(source: GateSource, parts: Partial<SettingsParts> = {}) {
  const gate = discovered(gateOf(source));
  const settings = buildSettings(gate, { proofKey: key, ...names, ...parts });
  return { gate, settings: parseSettings(JSON.stringify(settings)) };
}

const service = `upstreams: { a: { url: https://a.example.com, secret: "ssm:/a" } }
routes: [{ path: "/a/{proxy+}", methods: [GET], upstream: a }]
`;

test.each([
  ["the simple inputs", sourceOf(goodInputs)],
  ["a full config", sourceOf(fewInputs, fullConfig)],
  [
    "an upstream without credential",
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  ],
  [
    "a token header and stage at the edge of what is allowed",
    sourceOf({
      ...goodInputs,
      "token-header": `X${"-a".repeat(31)}`,
      "stage-name": "S_-9".repeat(32),
    }),
  ],
  [
    "a path with every character allowed",
    sourceOf(
      fewInputs,
      `
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: "/A.z_0:9-/{x}", methods: [ANY], upstream: a }]
consumers: [{ id: A.b_c-9, token: { env: TEAM_A_TOKEN }, routes: ["/A.z_0:9-/**"] }]`,
    ),
  ],
])("the authorizer reads the settings of %s", (_what, source) => {
  for (const proofKey of [key, null]) {
    const { gate, settings } = read(source, { proofKey });
    expect(settings.stage).toBe(gate.stageName);
    for (const { path, methods } of gate.routes)
      for (const method of methods) {
        const route = settings.routes.get(`${method} ${path}`);
        expect(route?.tokenHeaders).toEqual(
          gate.tokenHeaders.map((name) => name.toLowerCase()),
        );
      }
    expect([...settings.consumers.keys()]).toEqual(
      gate.consumers.map(({ id }) => id),
    );
    const { consumer } = settings.tokens.get(sha256(token)) ?? {};
    expect(consumer?.id).toBe(gate.consumers[0]?.id);
    expect([...settings.issuers.keys()]).toEqual(
      proofKey === null ? [] : [proofIssuer],
    );
    expect([settings.table, settings.custom]).toEqual([null, null]);
  }
});

test("the authorizer reads issuers, their keys and whom their tokens stand for", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "a" };
  const text = `${service}
auth:
  issuers:
    staff: { issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A, audience: [a, b], audience-claim: client_id, claims: { token_use: access }, clock-skew: 5, max-lifetime: 7200 }
    partner: { issuer: https://tenant.eu.auth0.com/, audience: https://gate.example.com, algorithms: [RS256, ES384], jwks: keys.json }
consumers:
  - { id: web, jwt: { issuer: staff, claims: { scope: "gate:*", level: [1, true] } }, plan: gold }
  - { id: partner, jwt: { issuer: partner }, github: { repository-id: 123, event: [push] }, disabled: true, expires: 2027-06-30 }
  - { id: ci, token: { env: TEAM_A_TOKEN }, github: { repository-owner-id: 7, workflow-ref: "o/r/.github/workflows/x.yml@*" } }
plans: { gold: { rate: 1, burst: 1 } }`;
  const files = workspaceOf({ "keys.json": JSON.stringify({ keys: [jwk] }) });
  const { settings } = read(sourceOf(fewInputs, text, files));
  const issuers = [...settings.issuers.values()];
  expect(issuers.map(({ name }) => name).slice(0, 3)).toEqual([
    "staff",
    "partner",
    "github",
  ]);
  const [staff, partner, github] = issuers;
  expect(staff).toMatchObject({
    audiences: ["a", "b"],
    audienceClaim: "client_id",
    algorithms: ["RS256"],
    uri: "https://keys.example.com/jwks",
    clockSkew: 5,
    maxLifetime: 7200,
  });
  expect(partner).toMatchObject({
    algorithms: ["RS256", "ES384"],
    jwks: { keys: [jwk] },
    maxLifetime: Infinity,
  });
  expect(github?.audiences).toEqual(["ai-gate/prod"]);
  const found = (claims: Record<string, unknown>) => [
    staff?.findConsumer(claims)?.id,
    github?.findConsumer(claims)?.id,
  ];
  expect(found({ scope: "other gate:call", level: 1 })).toEqual([
    "web",
    undefined,
  ]);
  expect(found({ scope: "gate:call", level: "1" })).toEqual([
    undefined,
    undefined,
  ]);
  expect(found({ repository_id: "123", event_name: "push" })[1]).toBe(
    "partner",
  );
  const workflow = {
    repository_id: "9",
    repository_owner_id: "7",
    workflow_ref: "o/r/.github/workflows/x.yml@refs/heads/main",
  };
  expect(found({ ...workflow, event_name: "push" })[1]).toBe("ci");
  expect(found({ ...workflow, event_name: "pull_request_target" })[1]).toBe(
    undefined,
  );
  expect(found(workflow)[1]).toBe(undefined);
  expect(settings.consumers.get("partner")).toMatchObject({ disabled: true });
  expect(settings.consumers.get("web")).toMatchObject({
    usageKey: sha256("ai-gate/prod/web"),
  });
});

test("the authorizer reads where the table is", () => {
  const text = `store: dynamodb\n${service}consumers: [{ id: all }, { id: own, token: { env: TEAM_A_TOKEN } }]`;
  const { settings } = read(sourceOf(fewInputs, text));
  expect(settings.table).toBe("gate-prod-tokens");
  expect(settings.tokens.size).toBe(0);
});

test("the authorizer reads whom to ask", () => {
  const text = `auth: { mode: custom, directory: own }\n${service}`;
  const files = workspaceOf({ "own/authorizer.py": pythonHandler });
  const { settings } = read(sourceOf(fewInputs, text, files));
  expect(settings.custom).toEqual({ function: "own", type: "token" });
  expect(settings.upstreams.map(({ name }) => name)).toEqual(["a"]);
  expect([settings.consumers.size, settings.issuers.size]).toEqual([0, 0]);
});

test("the authorizer reads conditions at the edge of what is allowed", () => {
  const claims = Array.from(
    { length: 50 },
    (_, index) => `"https://example.com/${index} ü": ["${"x".repeat(1024)}"]`,
  );
  const values = Array.from({ length: 100 }, (_, index) => `v${index}`);
  const audiences = Array.from({ length: 20 }, (_, index) => `a${index}`);
  const text = `${service}
auth: { issuers: { s: { issuer: https://login.example.com, audience: [${audiences.join(", ")}], clock-skew: 60, max-lifetime: 31536000, audience-claim: "${"c".repeat(256)}" } } }
consumers:
  - { id: a, jwt: { issuer: s, claims: { ${claims.join(", ")} } } }
  - { id: b, jwt: { issuer: s, claims: { sub: [${values.join(", ")}], n: [-1.5, 0, false] } } }`;
  expect(read(sourceOf(fewInputs, text)).settings.consumers.size).toBe(2);
});
