// Gates that know JWTs and workflows, with plans and a table: what becomes of the shapes that people write.
import {
  fewInputs,
  gateOf,
  goodInputs,
  printedProblems,
  problemsOf,
  sha256,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const services = `upstreams: { a: { url: https://a.example.com/v1 } }
routes: [{ path: /a, methods: [GET], upstream: a }]
`;

function authOf(text: string, files: Readonly<Record<string, string>> = {}) {
  const source = sourceOf(fewInputs, services + text, workspaceOf(files));
  const { auth, ...gate } = gateOf(source);
  if (auth.mode === "custom") throw new Error("not built in");
  return { ...gate, auth };
}

const ordinary = {
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: { kind: "discovery" },
  clockSkew: 30,
  conditions: [],
};

test("Cognito's access tokens are told by their client and their use", () => {
  const { auth, consumers } = authOf(`
auth:
  issuers:
    staff:
      issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI
      audience: 1example23456789
      audience-claim: client_id
      claims: { token_use: access }
consumers:
  - { id: admin, jwt: { issuer: staff, claims: { scope: "gate:admin", "cognito:groups": [admins, ops] } } }
  - { id: web, jwt: { issuer: staff, claims: { scope: "gate:call" } } }`);
  expect(auth.issuers).toEqual([
    {
      ...ordinary,
      name: "staff",
      issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
      audiences: ["1example23456789"],
      audienceClaim: "client_id",
      conditions: [{ claim: "token_use", anyOf: ["access"] }],
    },
  ]);
  expect(consumers.map(({ identities }) => identities)).toEqual([
    [
      {
        issuer: "staff",
        conditions: [
          { claim: "scope", anyOf: ["gate:admin"] },
          { claim: "cognito:groups", anyOf: ["admins", "ops"] },
        ],
      },
    ],
    [
      {
        issuer: "staff",
        conditions: [{ claim: "scope", anyOf: ["gate:call"] }],
      },
    ],
  ]);
});

test("Cognito's ID tokens, Auth0's slash and every other key of an issuer", () => {
  const { auth } = authOf(`
auth:
  issuers:
    people: { issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A, audience: [a, b], claims: { token_use: id } }
    auth0:
      issuer: https://tenant.eu.auth0.com/
      audience: https://gate.example.com
      algorithms: [EdDSA, ES256]
      jwks-uri: https://tenant.eu.auth0.com/.well-known/jwks.json
      claims: { "https://example.com/level": [1, 2], beta: true, sub: "auth0|*" }
      clock-skew: 0
      max-lifetime: 86400
consumers:
  - { id: a, jwt: { issuer: auth0 } }
  - { id: b, jwt: { issuer: people } }`);
  expect(auth.issuers).toEqual([
    {
      ...ordinary,
      name: "people",
      issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A",
      audiences: ["a", "b"],
      conditions: [{ claim: "token_use", anyOf: ["id"] }],
    },
    {
      name: "auth0",
      issuer: "https://tenant.eu.auth0.com/",
      audiences: ["https://gate.example.com"],
      audienceClaim: "aud",
      algorithms: ["ES256", "EdDSA"],
      keys: {
        kind: "uri",
        uri: "https://tenant.eu.auth0.com/.well-known/jwks.json",
      },
      clockSkew: 0,
      maxLifetime: 86400,
      conditions: [
        { claim: "https://example.com/level", anyOf: [1, 2] },
        { claim: "beta", anyOf: [true] },
        { claim: "sub", anyOf: ["auth0|*"] },
      ],
    },
  ]);
});

const writers = [
  "push",
  "create",
  "delete",
  "merge_group",
  "release",
  "repository_dispatch",
  "schedule",
  "workflow_dispatch",
];

/** "Events that trigger workflows": what strangers, pull requests and services cause, and what is not worth a call to an AI. */
const others = [
  "branch_protection_rule",
  "check_run",
  "check_suite",
  "deployment",
  "deployment_status",
  "discussion",
  "discussion_comment",
  "dynamic",
  "fork",
  "gollum",
  "issue_comment",
  "issues",
  "label",
  "milestone",
  "page_build",
  "public",
  "pull_request",
  "pull_request_comment",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_target",
  "registry_package",
  "status",
  "watch",
  "workflow_call",
  "workflow_run",
];

test.each(others)("workflows of %s pass only by name", (event) => {
  const conditionsOf = (github: string) => {
    const { consumers } = authOf(
      `consumers: [{ id: ci, github: { repository-id: 1${github} } }]`,
    );
    return consumers[0]?.identities[0]?.conditions;
  };
  const [, condition] = conditionsOf("") ?? [];
  expect(condition).toEqual({ claim: "event_name", anyOf: writers });
  expect(writers).not.toContain(event);
  expect(conditionsOf(`, event: ${event}`)).toContainEqual({
    claim: "event_name",
    anyOf: [event],
  });
});

test.each([
  [
    "an id and nothing else",
    'repository-id: "123"',
    [
      { claim: "repository_id", anyOf: ["123"] },
      { claim: "event_name", anyOf: writers },
    ],
  ],
  [
    "an owner and an id as numbers",
    "repository-id: 123456789012, repository-owner-id: 7",
    [
      { claim: "repository_id", anyOf: ["123456789012"] },
      { claim: "repository_owner_id", anyOf: ["7"] },
      { claim: "event_name", anyOf: writers },
    ],
  ],
  [
    "everything",
    'repository-id: 1, event: [push, pull_request], environment: prod, job-workflow-ref: org/repo/.github/workflows/y.yml@refs/tags/v1, workflow-ref: "org/repo/.github/workflows/x.yml@*", ref: [refs/heads/main, "refs/tags/v*"]',
    [
      { claim: "repository_id", anyOf: ["1"] },
      { claim: "ref", anyOf: ["refs/heads/main", "refs/tags/v*"] },
      { claim: "environment", anyOf: ["prod"] },
      {
        claim: "workflow_ref",
        anyOf: ["org/repo/.github/workflows/x.yml@*"],
      },
      {
        claim: "job_workflow_ref",
        anyOf: ["org/repo/.github/workflows/y.yml@refs/tags/v1"],
      },
      { claim: "event_name", anyOf: ["push", "pull_request"] },
    ],
  ],
])("a workflow by %s", (_what, github, conditions) => {
  const { auth, consumers } = authOf(
    `consumers: [{ id: ci, github: { ${github} } }]`,
  );
  expect(auth.issuers).toEqual([
    {
      ...ordinary,
      name: "github",
      issuer: "https://token.actions.githubusercontent.com",
      keys: {
        kind: "uri",
        uri: "https://token.actions.githubusercontent.com/.well-known/jwks",
      },
      audiences: ["ai-gate/prod"],
    },
  ]);
  expect(consumers[0]?.identities).toEqual([{ issuer: "github", conditions }]);
});

test("GitHub Enterprise has its own issuer", () => {
  const { auth } = authOf(`
auth: { github: { issuer: https://github.acme.com/_services/token } }
consumers: [{ id: ci, github: { repository-id: 1 } }]`);
  expect(auth.issuers).toMatchObject([
    {
      name: "github",
      issuer: "https://github.acme.com/_services/token",
      keys: {
        kind: "uri",
        uri: "https://github.acme.com/_services/token/.well-known/jwks",
      },
    },
  ]);
});

test("one gate knows tokens, JWTs and workflows, and one consumer all of them", () => {
  const { auth, consumers, plans } = authOf(`
auth:
  mode: [github-oidc, token, jwt]
  issuers: { staff: { issuer: https://login.example.com, audience: gate } }
consumers:
  - { id: all, token: { env: TEAM_A_TOKEN }, jwt: { issuer: staff, claims: { sub: me } }, github: { repository-id: 1 }, plan: gold }
  - { id: off, token: { env: TEAM_B_TOKEN }, disabled: true, plan: basic }
plans:
  basic: { rate: 0.5, burst: 1 }
  gold: { rate: 10, burst: 20, quota: { limit: 10000, period: week } }`);
  expect(auth.issuers.map(({ name }) => name)).toEqual(["staff", "github"]);
  expect(consumers).toMatchObject([
    {
      id: "all",
      tokenHashes: [sha256(token)],
      identities: [{ issuer: "staff" }, { issuer: "github" }],
      disabled: false,
      plan: "gold",
    },
    { id: "off", disabled: true, plan: "basic" },
  ]);
  expect(plans).toEqual([
    { name: "basic", rate: 0.5, burst: 1 },
    {
      name: "gold",
      rate: 10,
      burst: 20,
      quota: { limit: 10000, period: "WEEK" },
    },
  ]);
});

test("with a table a consumer needs no token in the file", () => {
  const { auth, consumers } = authOf(
    "store: dynamodb\nconsumers: [{ id: all }]",
  );
  expect(auth.store).toBe("dynamodb");
  expect(consumers).toEqual([
    {
      id: "all",
      tokenHashes: [],
      identities: [],
      access: "*",
      disabled: false,
    },
  ]);
});

test("20,000 consumers are not compared in pairs", () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `c${at}=${at + 1}`);
  const input = { "github-repositories": lines.join("\n") };
  const { consumers } = gateOf(sourceOf({ ...fewInputs, ...input }, services));
  expect(consumers).toHaveLength(20_000);
});

describe("the simple inputs", () => {
  const inputs = { ...goodInputs, tokens: undefined };
  const issuer = "https://login.example.com";

  test("describe an issuer, and one consumer with access to everything", () => {
    const gate = gateOf(
      sourceOf({
        ...inputs,
        "jwt-issuer": issuer,
        "jwt-audience": "gate\n other ",
      }),
    );
    expect(gate.auth).toMatchObject({
      issuers: [
        { ...ordinary, name: "jwt", issuer, audiences: ["gate", "other"] },
      ],
    });
    expect(gate.consumers).toEqual([
      {
        id: "jwt",
        tokenHashes: [],
        identities: [{ issuer: "jwt", conditions: [] }],
        access: "*",
        disabled: false,
      },
    ]);
  });

  test("name repositories, beside tokens and an issuer", () => {
    const gate = gateOf(
      sourceOf({
        ...goodInputs,
        "jwt-issuer": issuer,
        "jwt-audience": "gate",
        "github-repositories": "# ours\napp=123\r\n\n deploy = 456",
      }),
    );
    expect(gate.consumers.map(({ id }) => id)).toEqual([
      "team-a",
      "jwt",
      "app",
      "deploy",
    ]);
    expect(gate.consumers[3]?.identities[0]?.conditions[0]).toEqual({
      claim: "repository_id",
      anyOf: ["456"],
    });
  });

  test.each(
    Object.entries({
      "an issuer without an audience": { "jwt-issuer": issuer },
      "an audience without an issuer": { ...goodInputs, "jwt-audience": "a" },
      "Cognito, whose tokens need more words": {
        "jwt-issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A",
        "jwt-audience": "a",
      },
      "an issuer over http": {
        "jwt-issuer": "http://a.example.com",
        "jwt-audience": "a",
      },
      "a wildcard for an audience": {
        "jwt-issuer": issuer,
        "jwt-audience": "a\n*",
      },
      "a repository's name": { "github-repositories": "app=org/repo" },
      "a line without a name": { "github-repositories": "canary-0123456789" },
      "one repository twice": { "github-repositories": "a=1\nb=1" },
      "one name twice": { "github-repositories": "a=1\na=2" },
    }),
  )("%s is refused with one problem", (_what, given) => {
    const problems = problemsOf(sourceOf({ ...inputs, ...given }));
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
    expect(JSON.stringify(problems)).not.toContain("canary");
  });

  test.each([
    ["jwt-issuer", "consumers", "consumers: [{ id: a }]"],
    ["jwt-audience", "auth.issuers", "auth: { issuers: {} }"],
    ["github-repositories", "consumers", "consumers: [{ id: a }]"],
  ])("%s and the key %s are refused together", (where, key, text) => {
    const [problem] = problemsOf(sourceOf({ ...inputs, [where]: "x" }, text));
    expect(problem).toMatchObject({
      where,
      message: expect.stringContaining(`\`${key}\``) as string,
    });
  });
});
