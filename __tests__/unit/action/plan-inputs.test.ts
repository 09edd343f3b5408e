// Whatever an input or a key of the config file changes is another plan, one by one; what is not is in a closed list, with why.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type InputName,
  inputs as contract,
} from "../../../src/action/inputs/contract.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { loadTarget } from "../../../src/action/inputs/load.ts";
import { readJob } from "../../../src/action/job.ts";
import { digestContents } from "../../../src/action/stack/contents.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import { sortedJson } from "../../../src/gate/sorted-json.ts";
import schema from "../../../ai-gate.schema.json";
import { secretArn, token } from "../../fixtures/sources.ts";

type Given = Partial<Record<InputName, string>>;

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

const files = {
  "authorizer/authorizer.py": "def handler(event, context): pass",
  "authorizer/other.py": "def handler(event, context): pass",
  "other/authorizer.py": "def handler(event, context): pass",
};

/** @returns all of a plan that does not come from the engine and the state. */
async function planOf(
  given: Given,
  config?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const home = mkdtempSync(path.join(tmpdir(), "ai-gate-plan-"));
  homes.push(home);
  const workspace = path.join(home, "workspace");
  const written = {
    ...files,
    ...(config !== undefined && { "ai-gate.yml": config, "b.yml": config }),
    ...more,
  };
  for (const [name, text] of Object.entries(written)) {
    mkdirSync(path.dirname(path.join(workspace, name)), { recursive: true });
    writeFileSync(path.join(workspace, name), text);
  }
  mkdirSync(path.join(home, "dist"));
  const source = {
    getInput: (name: string) => given[name as InputName],
    setSecret: () => undefined,
  };
  const inputs = readInputs(source);
  const job = readJob({
    GITHUB_WORKSPACE: workspace,
    GITHUB_EVENT_NAME: "push",
    TEAM_TOKEN: token,
    OTHER_TOKEN: `${token}-other`,
  });
  const nothing = () => undefined;
  const host = { scratch: home, mask: nothing, warn: nothing };
  const { gate } = explained(() =>
    loadTarget({ ...inputs, command: "up" }, job, host),
  );
  if (gate === undefined) throw new Error("up has a gate");
  return sortedJson(
    await digestContents({
      account: "111122223333",
      gate,
      proof: inputs.proof && gate.auth.mode === "built-in",
      host: { distribution: path.join(home, "dist"), scratch: home },
    }),
  );
}

/** A row that does not hold is a mistake of this file. */
function explained<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    throw new Error(JSON.stringify(error.problems), { cause: error });
  }
}

const place: Given = { stack: "prod", region: "eu-west-1" };
const simple: Given = {
  ...place,
  upstream: "https://a.example.com",
  tokens: `team=${token}`,
};
const withSecret: Given = { ...simple, "upstream-secret": secretArn };
const own: Given = {
  ...place,
  upstream: "https://a.example.com",
  authorizer: "./authorizer",
};
const jwt: Given = {
  ...place,
  upstream: "https://a.example.com",
  "jwt-issuer": "https://login.example.com",
  "jwt-audience": "gate",
};

/** Why an input is not in the plan. */
type Reason =
  | "it changes nothing at AWS"
  | "it decides whether something is done, never what"
  | "it says where the state is, whose outputs are in the plan"
  | "it names a file whose content is in the plan";

type Row = readonly [base: Given, other: string] | Reason;

const deciding: Reason = "it decides whether something is done, never what";
const reporting: Reason = "it changes nothing at AWS";

const rows: Readonly<Record<InputName, Row>> = {
  command: deciding,
  stack: [simple, "other"],
  project: [simple, "other"],
  region: [simple, "eu-west-2"],
  path: [simple, "other"],
  methods: [simple, "GET"],
  upstream: [simple, "https://b.example.com"],
  "upstream-kind": [simple, "gemini"],
  "upstream-header": [withSecret, "x-api-key"],
  "upstream-secret": [withSecret, "ssm:/ai/other"],
  "allowed-secrets": deciding,
  "allow-outdated": deciding,
  "token-header": [simple, "x-api-key"],
  "strip-headers": [simple, "x-more"],
  tokens: [simple, `team=${token}-other`],
  "jwt-issuer": [jwt, "https://other.example.com"],
  "jwt-audience": [jwt, "other"],
  "github-repositories": [simple, "ci=1"],
  authorizer: [own, "./other"],
  "authorizer-runtime": [own, "python3.12"],
  "authorizer-handler": [own, "other.handler"],
  "authorizer-type": [own, "request"],
  config: "it names a file whose content is in the plan",
  "stage-name": [simple, "v2"],
  backend: "it says where the state is, whose outputs are in the plan",
  "secrets-provider": "it changes nothing at AWS",
  "lock-timeout": deciding,
  "tokens-file": deciding,
  force: deciding,
  adopt: deciding,
  proof: [simple, "false"],
  "proof-timeout": reporting,
  "proof-token": reporting,
  comment: reporting,
  "fail-on": deciding,
  allow: deciding,
  "expect-no-changes": deciding,
  "expected-plan": deciding,
  "policy-packs": deciding,
  "drift-issue": reporting,
  ephemeral: deciding,
  environment: reporting,
  "github-token": reporting,
  tags: [simple, "team=other"],
  "role-path": [simple, "/teams/"],
  "permissions-boundary": [simple, "arn:aws:iam::111122223333:policy/b"],
};

test("every input is in the list", () => {
  expect(Object.keys(rows).sort()).toEqual(Object.keys(contract).sort());
});

const changing = Object.entries(rows).filter(
  (row): row is [InputName, readonly [Given, string]] =>
    typeof row[1] !== "string",
);

test.each(changing)("another `%s` is another plan", async (name, row) => {
  const [base, other] = row;
  const [one, two] = await Promise.all([
    planOf(base),
    planOf({ ...base, [name]: other }),
  ]);
  expect(two).not.toBe(one);
});

test("the rest changes none, and neither does the order of lines and spaces around them", async () => {
  const plan = await planOf({ ...withSecret, tags: "a=1\nb=2" });
  expect(
    await planOf({
      ...withSecret,
      command: "up",
      "allowed-secrets":
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-",
      tags: "b=2\n\na=1\n",
      "proof-timeout": "5",
      "proof-token": "x".repeat(20),
      comment: "false",
      "fail-on": "none",
      allow: "public-route",
      "expect-no-changes": "true",
      environment: "prod",
      "github-token": "x".repeat(20),
      backend: "s3://elsewhere",
    }),
  ).toBe(plan);
});

const builtIn = `stage: v1
token-header: Authorization
strip-headers: x-one
auth:
  mode: [token, jwt, github-oidc]
  cache-ttl: 0
  github: { issuer: https://token.actions.githubusercontent.com }
  issuers:
    staff:
      issuer: https://login.example.com
      audience: gate
      audience-claim: aud
      algorithms: [RS256]
      jwks-uri: https://login.example.com/keys
      claims: { org: 1 }
      clock-skew: 30
      max-lifetime: 3600
    more: { issuer: https://more.example.com, audience: gate, algorithms: [EdDSA], jwks: jwks.json }
upstreams:
  a: { url: https://a.example.com, header: x-key, secret: ssm:/ai/a, kms-key: "arn:aws:kms:eu-west-1:111122223333:key/a", headers: { x-version: one }, query: { v: one } }
  b: { kind: openai, url: https://b.example.com, vpc-link: a1b2c3 }
  c: { kind: mcp, url: https://c.example.com/mcp, scopes: [one] }
  bedrock: { kind: bedrock, region: eu-west-1, models: [amazon.nova-pro-v1:0] }
routes:
  - { path: "/a/{proxy+}", methods: [GET], upstream: a, stream: true, timeout: 10 }
  - { path: /b, upstream: b }
  - { path: /c, upstream: c }
  - { path: /bedrock, upstream: bedrock }
plans:
  basic: { rate: 10, burst: 20, quota: { limit: 100, period: day } }
  more: { rate: 11, burst: 21 }
store: bundled
throttle: { rate: 100, burst: 200 }
cors: { origins: [https://app.example.com] }
network: { allow: [10.0.0.0/8], deny: [10.66.0.0/16] }
domain: { name: ai.example.com, certificate: "arn:aws:acm:eu-west-1:111122223333:certificate/1", base-path: one, default-endpoint: false }
tls: SecurityPolicy_TLS13_1_3_2025_09
waf: { web-acl: "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/one/1" }
logs: { retention-days: 30, access: true, account-role: true }
alarms: { topic: "arn:aws:sns:eu-west-1:111122223333:one", authorizer-errors: 1, server-errors: 2, throttled: 3, unauthorized: 4 }
tracing: true
tags: { team: one }
consumers:
  - { id: env, token: { env: TEAM_TOKEN }, routes: [/b], plan: basic, expires: 2027-06-30, disabled: false, network: { allow: [10.1.0.0/16], deny: [10.1.66.0/24] } }
  - { id: sum, token: { sha256: ${"a".repeat(64)} }, plan: more }
  - { id: web, jwt: { issuer: staff, claims: { sub: me } } }
  - { id: app, jwt: { issuer: more } }
  - id: ci
    github: { repository-id: "1", repository-owner-id: "2", ref: refs/heads/main, environment: prod, workflow-ref: o/r/.github/workflows/a.yml@refs/heads/main, job-workflow-ref: o/r/.github/workflows/b.yml@refs/heads/main, event: push }
`;
/** What `cache-ttl` does not go with. */
const uncachedConfig = `upstreams:
  a: { url: https://a.example.com }
  tool: { kind: lambda, arn: "arn:aws:lambda:eu-west-1:111122223333:function:a" }
  scorer: { kind: sagemaker, endpoint: one }
  trial: { kind: mock, body: one, status: 200, content-type: text/plain }
routes:
  - { path: /tool, upstream: tool }
  - { path: /scorer, upstream: scorer }
  - { path: /trial, upstream: trial }
  - { path: /a, methods: [POST], upstream: a, models: [m-one] }
consumers: [{ id: a, token: { env: TEAM_TOKEN } }]
`;
const ownConfig = `auth: { mode: custom, type: token, directory: authorizer, runtime: python3.13, handler: authorizer.handler }
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
`;

/** By key: what stands in the file, and what else could. */
const ownDomain =
  'domain: { name: ai.example.com, certificate: "arn:aws:acm:eu-west-1:111122223333:certificate/1", base-path: one, default-endpoint: false }';

const keys: Readonly<Record<string, readonly [from: string, to: string]>> = {
  stage: ["stage: v1", "stage: v2"],
  "token-header": ["Authorization", "x-token"],
  "strip-headers": ["x-one", "x-two"],
  "auth.mode": [
    "custom, type: token, directory: authorizer, runtime: python3.13, handler: authorizer.handler }",
    "token }\nconsumers: [{ id: a, token: { env: TEAM_TOKEN } }]",
  ],
  "auth.cache-ttl": ["cache-ttl: 0", "cache-ttl: 60"],
  "auth.github.issuer": [
    "https://token.actions.githubusercontent.com",
    "https://token.actions.githubusercontent.com/acme",
  ],
  "auth.issuers.*.issuer": [
    "issuer: https://login.",
    "issuer: https://login2.",
  ],
  "auth.issuers.*.audience": ["audience: gate\n", "audience: other\n"],
  "auth.issuers.*.audience-claim": [
    "audience-claim: aud",
    "audience-claim: client_id",
  ],
  "auth.issuers.*.algorithms": ["[RS256]", "[RS256, ES256]"],
  "auth.issuers.*.jwks-uri": ["/keys", "/keys2"],
  "auth.issuers.*.jwks": ["jwks.json", "jwks2.json"],
  "auth.issuers.*.claims": ["org: 1", "org: 2"],
  "auth.issuers.*.clock-skew": ["clock-skew: 30", "clock-skew: 31"],
  "auth.issuers.*.max-lifetime": ["3600", "3601"],
  "auth.type": ["type: token", "type: request"],
  "auth.directory": ["directory: authorizer", "directory: other"],
  "auth.runtime": ["python3.13", "python3.12"],
  "auth.handler": ["authorizer.handler", "other.handler"],
  "upstreams.*.url": ["url: https://a.", "url: https://e."],
  "upstreams.*.vpc-link": ["a1b2c3", "a1b2c4"],
  "upstreams.*.header": ["x-key", "x-key2"],
  "upstreams.*.secret": ["ssm:/ai/a", "ssm:/ai/b"],
  "upstreams.*.headers": ["x-version: one", "x-version: two"],
  "upstreams.*.kind": ["kind: openai", "kind: anthropic"],
  "upstreams.*.kms-key": ["key/a", "key/b"],
  "upstreams.*.region": ["region: eu-west-1", "region: us-east-1"],
  "upstreams.*.models": ["nova-pro", "nova-lite"],
  "upstreams.*.arn": ["function:a", "function:b"],
  "upstreams.*.endpoint": ["endpoint: one", "endpoint: two"],
  "upstreams.*.body": ["body: one", "body: two"],
  "upstreams.*.status": ["status: 200", "status: 201"],
  "upstreams.*.content-type": ["text/plain", "text/csv"],
  "upstreams.*.query": ["{ v: one }", "{ v: two }"],
  "upstreams.*.scopes": ["scopes: [one]", "scopes: [one, two]"],
  "routes[].path": [
    "{ path: /b, upstream: b }",
    "{ path: /b, upstream: b }\n  - { path: /d, upstream: b }",
  ],
  "routes[].models": ["[m-one]", "[m-two]"],
  "routes[].methods": ["methods: [GET]", "methods: [GET, POST]"],
  "routes[].upstream": [
    "{ path: /b, upstream: b }",
    "{ path: /b, upstream: b }\n  - { path: /e, upstream: a }",
  ],
  "routes[].stream": ["stream: true", "stream: false"],
  "routes[].timeout": ["timeout: 10", "timeout: 11"],
  "consumers[].id": ["id: env", "id: env2"],
  "consumers[].token.env": ["TEAM_TOKEN", "OTHER_TOKEN"],
  "consumers[].token.sha256": ["a".repeat(64), "b".repeat(64)],
  "consumers[].jwt.issuer": [
    "jwt: { issuer: more }",
    "jwt: { issuer: more } }\n  - { id: app2, jwt: { issuer: staff, claims: { sub: you } }",
  ],
  "consumers[].jwt.claims": ["sub: me", "sub: you"],
  "consumers[].github.repository-id": [
    'repository-id: "1"',
    'repository-id: "3"',
  ],
  "consumers[].github.repository-owner-id": ['owner-id: "2"', 'owner-id: "3"'],
  "consumers[].github.ref": [
    "ref: refs/heads/main, env",
    "ref: refs/heads/other, env",
  ],
  "consumers[].github.environment": ["environment: prod", "environment: test"],
  "consumers[].github.workflow-ref": ["a.yml", "c.yml"],
  "consumers[].github.job-workflow-ref": ["b.yml", "c.yml"],
  "consumers[].github.event": ["event: push", "event: schedule"],
  "consumers[].routes": ["routes: [/b]", 'routes: ["/a/**"]'],
  "consumers[].plan": [
    "plan: more }",
    "plan: basic }\n  - { id: sum2, token: { sha256: 22 }, plan: more }".replace(
      "22",
      "c".repeat(64),
    ),
  ],
  "consumers[].expires": ["2027-06-30", "2027-07-01"],
  "consumers[].network.allow": ["10.1.0.0/16", "10.2.0.0/16"],
  "consumers[].network.deny": ["10.1.66.0/24", "10.1.67.0/24"],
  "network.allow": ["10.0.0.0/8]", "10.0.0.0/9]"],
  "network.deny": ["10.66.0.0/16", "10.67.0.0/16"],
  "consumers[].disabled": ["disabled: false", "disabled: true"],
  "plans.*.rate": ["rate: 10,", "rate: 12,"],
  "plans.*.burst": ["burst: 20,", "burst: 22,"],
  "plans.*.quota.limit": ["limit: 100", "limit: 101"],
  "plans.*.quota.period": ["period: day", "period: week"],
  store: ["bundled", "dynamodb"],
  "throttle.rate": ["rate: 100", "rate: 99"],
  "throttle.burst": ["burst: 200", "burst: 199"],
  "cors.origins": ["https://app.", "https://web."],
  "logs.retention-days": ["retention-days: 30", "retention-days: 60"],
  "domain.name": ["ai.example.com", "ia.example.com"],
  "domain.certificate": ["certificate/1", "certificate/2"],
  "domain.base-path": ["base-path: one", "base-path: two"],
  "domain.default-endpoint": [
    "default-endpoint: false",
    "default-endpoint: true",
  ],
  endpoint: [ownDomain, "endpoint: private\nvpc-endpoints: [vpce-11111111]"],
  // A change of the former alone is refused; see the tests of its rules.
  "vpc-endpoints": [
    ownDomain,
    "endpoint: private\nvpc-endpoints: [vpce-22222222]",
  ],
  tls: ["TLS13_1_3_2025_09", "TLS13_1_3_FIPS_2025_09"],
  "waf.web-acl": ["webacl/one", "webacl/two"],
  "logs.access": [
    'access: true, account-role: true }\nalarms: { topic: "arn:aws:sns:eu-west-1:111122223333:one", authorizer-errors: 1, server-errors: 2, throttled: 3,',
    'access: false }\nalarms: { topic: "arn:aws:sns:eu-west-1:111122223333:one", authorizer-errors: 1, server-errors: 2,',
  ],
  "logs.account-role": ["account-role: true", "account-role: false"],
  "alarms.topic": [":111122223333:one", ":111122223333:two"],
  "alarms.authorizer-errors": ["errors: 1,", "errors: 9,"],
  "alarms.server-errors": ["errors: 2,", "errors: 9,"],
  "alarms.throttled": ["throttled: 3", "throttled: 9"],
  "alarms.unauthorized": ["unauthorized: 4", "unauthorized: 9"],
  tracing: ["tracing: true", "tracing: false"],
  tags: ["team: one", "team: two"],
};

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** Every key that holds a value, `[]` and `.*` only before another key. */
function leaves(node: SchemaNode, at = ""): string[] {
  const {
    additionalProperties: any,
    anyOf = [],
    items,
    properties = {},
  } = node;
  const below = [
    ...anyOf.flatMap((one) => leaves(one, at)),
    ...(items ? leaves(items, `${at}[]`) : []),
    ...(typeof any === "object" ? leaves(any, `${at}.*`) : []),
    ...Object.entries(properties).flatMap(([name, one]) =>
      leaves(one, at === "" ? name : `${at}.${name}`),
    ),
  ];
  return below.length > 0 ? below : [at];
}

const isContainer = (key: string) =>
  ["auth.issuers", "consumers[].token", "plans", "upstreams"].includes(key);

test("every key of the config file is in the list", () => {
  const all = leaves(schema as SchemaNode)
    .map((key) => key.replace(/(\[\]|\.\*)+$/, ""))
    .map((key) => key.replace("token[].", "token."))
    .filter((key) => !isContainer(key));
  expect(Object.keys(keys).sort()).toEqual([...new Set(all)].sort());
});

const publicKey = (n: string) =>
  JSON.stringify({
    keys: [
      {
        kty: "OKP",
        crv: "Ed25519",
        kid: n,
        alg: "EdDSA",
        x: n.repeat(43).slice(0, 43),
      },
    ],
  });
const keyFiles = { "jwks.json": publicKey("A"), "jwks2.json": publicKey("B") };

test.each(Object.entries(keys))(
  "another `%s` in the file is another plan",
  async (key, [from, to]) => {
    const isOwn = /^auth\.(mode|type|directory|runtime|handler)$/.test(key);
    const inUse = builtIn.includes(from) ? builtIn : uncachedConfig;
    const base = isOwn ? ownConfig : inUse;
    expect(base).toContain(from);
    const [one, two] = await Promise.all([
      planOf(place, base, keyFiles),
      planOf(place, base.replace(from, to), keyFiles),
    ]);
    expect(two).not.toBe(one);
  },
);

test("the config's name, its comments and the order of its keys change no plan", async () => {
  const plan = await planOf(place, builtIn, keyFiles);
  const [first = "", ...rest] = builtIn.split("\n");
  const turned = ["# a comment", ...rest, first].join("\n");
  expect(await planOf(place, turned, keyFiles)).toBe(plan);
  expect(await planOf({ ...place, config: "b.yml" }, builtIn, keyFiles)).toBe(
    plan,
  );
});

test.each<[string, Readonly<Record<string, string>>]>([
  ["another key file", { ...keyFiles, "jwks.json": publicKey("C") }],
])("%s is another plan", async (_, more) => {
  const plan = await planOf(place, builtIn, keyFiles);
  expect(await planOf(place, builtIn, more)).not.toBe(plan);
});
