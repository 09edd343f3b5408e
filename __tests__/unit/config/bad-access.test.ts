// What can be wrong about who may pass: issuers, claims, workflows, plans, modes and stores. One problem each, at its line.
import {
  fewInputs,
  printedProblems,
  problemsOf,
  sourceOf,
  warningsOf,
} from "../../fixtures/sources.ts";

const services = `upstreams: { a: { url: https://a.example.com/v1 } }
routes: [{ path: /a, methods: [GET], upstream: a }]
`;
const staff = "https://login.example.com";

/** A gate whose only issuer is `staff`, with more of it and of its consumer. */
const withIssuer = (issuer: string, jwt = "issuer: staff") =>
  `${services}consumers: [{ id: web, jwt: { ${jwt} } }]
auth:
  issuers:
    staff: { ${issuer} }
`;
const sound = `issuer: ${staff}, audience: gate`;

/** A gate whose only consumer is a workflow. */
const withWorkflow = (github: string, more = "") =>
  `${services}consumers:
  - { id: ci, github: { ${github} } }
${more}`;

const withConsumers = (...lines: string[]) =>
  `${services}consumers:
${lines.map((line) => `  - { ${line} }`).join("\n")}
`;

/** Name of the case, and the text of `ai-gate.yml`. */
type Cases = Readonly<Record<string, string>>;

const casesOf = <T extends string>(
  values: readonly T[],
  what: string,
  text: (value: T) => string,
): Cases =>
  Object.fromEntries(values.map((value) => [`${what} ${value}`, text(value)]));

const issuers: Cases = {
  "no audience": withIssuer(`issuer: ${staff}`),
  "every audience": withIssuer(`issuer: ${staff}, audience: "*"`),
  "an empty audience": withIssuer(`issuer: ${staff}, audience: [a, ""]`),
  "an audience twice": withIssuer(`issuer: ${staff}, audience: [a, a]`),
  "no audiences": withIssuer(`issuer: ${staff}, audience: []`),
  "an audience claim with a line break": withIssuer(
    `${sound}, audience-claim: "a\\nb"`,
  ),
  ...casesOf(
    ["PS256", "PS512", "ps384", "HS256", "hs512"],
    "the algorithm",
    (name) => withIssuer(`${sound}, algorithms: [RS256, ${name}]`),
  ),
  "no algorithm at all": withIssuer(`${sound}, algorithms: [none]`),
  "a misspelt algorithm": withIssuer(`${sound}, algorithms: [RS265]`),
  "an algorithm twice": withIssuer(`${sound}, algorithms: [RS256, RS256]`),
  "an empty list of algorithms": withIssuer(`${sound}, algorithms: []`),
  ...casesOf(
    [
      "http://login.example.com",
      "login.example.com",
      "https://login.example.com?tenant=1",
      "https://login.example.com#a",
      "https://user:canary@login.example.com",
      "https://login.example.com/a b",
      "https://token.actions.githubusercontent.com",
      "https://github.acme.com/_services/token",
      "https://token.actions.acme.ghe.com",
    ],
    "the issuer",
    (url) => withIssuer(`issuer: "${url}", audience: gate`),
  ),
  ...casesOf(
    [
      "http://login.example.com/jwks",
      "https://login.example.com/jwks?p=1",
      "jwks.json",
    ],
    "keys at",
    (url) => withIssuer(`${sound}, jwks-uri: "${url}"`),
  ),
  "keys from two places": withIssuer(
    `${sound}, jwks-uri: ${staff}/jwks, jwks: keys.json`,
  ),
  "a long skew": withIssuer(`${sound}, clock-skew: 61`),
  "no lifetime": withIssuer(`${sound}, max-lifetime: 0`),
  "an unknown key": withIssuer(`${sound}, audiance: gate`),
  "an issuer nobody defined": withIssuer(sound, "issuer: stuff").replace(
    "id: web",
    "id: me, jwt: { issuer: staff } }, { id: web",
  ),
  "an issuer where none is": withConsumers("id: web, jwt: { issuer: staff }"),
  "an issuer nobody uses": `${withIssuer(sound)}    other: { issuer: "https://other.example.com", audience: b }\n`,
  "GitHub as an issuer of JWTs": withIssuer(sound, "issuer: github").replace(
    "id: web",
    "id: me, jwt: { issuer: staff } }, { id: web",
  ),
  "an issuer's name in capitals": withIssuer(sound, "issuer: Staff").replace(
    "    staff:",
    "    Staff:",
  ),
  "GitHub's name": `${withIssuer(sound)}    github: { issuer: "https://b.example.com", audience: b }\n`,
  "one URL twice":
    `${withIssuer(sound)}    twin: { issuer: ${staff}, audience: b }\n`.replace(
      "id: web",
      "id: b, jwt: { issuer: twin } }, { id: web",
    ),
};

const pool =
  "issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI, audience: client";
const cognito: Cases = {
  "Cognito without token_use": withIssuer(pool),
  "Cognito with both kinds of token": withIssuer(
    `${pool}, claims: { token_use: [access, id] }`,
  ),
  "Cognito's access tokens by aud": withIssuer(
    `${pool}, claims: { token_use: access }`,
  ),
  "Cognito's ID tokens by client_id": withIssuer(
    `${pool}, audience-claim: client_id, claims: { token_use: id }`,
  ),
};

const long = "x".repeat(1025);
const withClaim = (claim: string) =>
  withIssuer(sound, `issuer: staff, claims: { ${claim} }`);

const claims: Cases = {
  ...casesOf(
    [
      'scope: "*"',
      'scope: "***"',
      'scope: ""',
      "scope: []",
      'sub: "^a"',
      "sub: a$",
      "sub: a.*",
      "sub: a.+b",
      'sub: "a[0-9]"',
      'sub: "(a|b)"',
      "sub: a\\d",
      'sub: "a\\u0007"',
      "sub: [a, b, a]",
      "sub: { a: b }",
      "iss: a",
      "exp: 1",
    ],
    "the claim",
    withClaim,
  ),
  "a claim with a long text": withClaim(`sub: ${long}`),
  "a claim with too many values": withClaim(
    `sub: [${Array.from({ length: 1001 }, (_, n) => `v${n}`).join(", ")}]`,
  ),
};

const github: Cases = {
  "a repository by its name": withWorkflow("repository: org/repo"),
  "a name for an id": withWorkflow("repository-id: org/repo"),
  "a name for an owner's id": withWorkflow("repository-owner-id: org"),
  "no id": withWorkflow("ref: refs/heads/main"),
  "an id that is 0": withWorkflow("repository-id: 0"),
  "half an id": withWorkflow("repository-id: 1.5"),
  "an audience": withWorkflow("repository-id: 1, audience: mine"),
  "an audience of the issuer": withWorkflow(
    "repository-id: 1",
    "auth: { github: { issuer: https://github.acme.com/_services/token, audience: mine } }\n",
  ),
  "any ref": withWorkflow('repository-id: 1, ref: "*"'),
  "a branch for a ref": withWorkflow("repository-id: 1, ref: main"),
  "a workflow without a version": withWorkflow(
    "repository-id: 1, workflow-ref: org/repo/.github/workflows/x.yml",
  ),
  "an expression for a workflow": withWorkflow(
    'repository-id: 1, job-workflow-ref: "^org/.*@v1$"',
  ),
  "events by a wildcard": withWorkflow(
    'repository-id: 1, event: "pull_request*"',
  ),
  "an event twice": withWorkflow("repository-id: 1, event: [push, push]"),
  "an unknown key of a workflow": withWorkflow(
    "repository-id: 1, branch: main",
  ),
  "GitHub's issuer for nobody": `${withConsumers("id: a, token: { env: TEAM_A_TOKEN }")}auth: { github: { issuer: https://github.acme.com/_services/token } }\n`,
  "GitHub's issuer over http": withWorkflow(
    "repository-id: 1",
    "auth: { github: { issuer: http://github.acme.com/_services/token } }\n",
  ),
};

const order: Cases = {
  "the same conditions as before": withConsumers(
    "id: a, github: { repository-id: 1 }",
    "id: b, github: { repository-id: 1 }",
  ),
  "more conditions than before": withConsumers(
    "id: a, github: { repository-id: 1 }",
    "id: b, github: { repository-id: 1, ref: refs/heads/main }",
  ),
  "conditions after none": withIssuer(
    sound,
    "issuer: staff } }, { id: b, jwt: { issuer: staff, claims: { sub: b }",
  ),
};

const token = "id: a, token: { env: TEAM_A_TOKEN }";
const plans: Cases = {
  "a plan nobody defined": `${withConsumers(`${token}, plan: basik`, "id: b, token: { env: TEAM_B_TOKEN }, plan: basic")}plans: { basic: { rate: 1, burst: 2 } }\n`,
  "a plan where none is": withConsumers(`${token}, plan: basic`),
  "a plan nobody has": `${withConsumers(token)}plans: { basic: { rate: 1, burst: 2 } }\n`,
  "a plan's name in capitals": `${withConsumers(`${token}, plan: Basic`)}plans: { Basic: { rate: 1, burst: 2 } }\n`,
  "a plan without a burst": `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1 } }\n`,
  "a quota by the hour": `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1, burst: 1, quota: { limit: 1, period: hour } } }\n`,
  "a quota of nothing": `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1, burst: 1, quota: { limit: 0, period: day } } }\n`,
  "a misspelt key of a quota": `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1, burst: 1, quota: { limit: 1, perod: day, period: day } } }\n`,
};

const modes: Cases = {
  "a workflow where tokens are": `auth: { mode: token }\n${withWorkflow("repository-id: 1")}`,
  "a token where it is not named": `auth: { mode: [jwt, github-oidc] }\n${withConsumers(token)}`,
  "a JWT where it is not named": withIssuer(sound).replace(
    "auth:\n",
    "auth:\n  mode: token\n",
  ),
  "a mode twice": `auth: { mode: [token, token] }\n${withConsumers(token)}`,
  "no mode": `auth: { mode: [] }\n${withConsumers(token)}`,
  "a table of tokens where tokens are not known": `auth: { mode: github-oidc }\nstore: dynamodb\n${withWorkflow("repository-id: 1")}`,
  "an unknown store": `store: redis\n${withConsumers(token)}`,
  "no credential": withConsumers(token, "id: b"),
  "everybody disabled": withConsumers(`${token}, disabled: true`),
  "disabled by a word": withConsumers(`${token}, disabled: "yes"`),
};

test.each(
  Object.entries({
    ...issuers,
    ...cognito,
    ...claims,
    ...github,
    ...order,
    ...plans,
    ...modes,
  }),
)("%s is refused with one problem at its line", (_what, text) => {
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
  expect(JSON.stringify(problems)).not.toContain("canary");
});

test.each<[string, string]>([
  ["another repository", "id: b, github: { repository-id: 2 }"],
  ["another event", "id: b, github: { repository-id: 1, event: pull_request }"],
  ["another kind of id", "id: b, github: { repository-owner-id: 1 }"],
])("%s can be reached after a workflow", (_what, other) => {
  const first = "id: a, github: { repository-id: 1 }";
  expect(problemsOf(sourceOf(fewInputs, withConsumers(first, other)))).toEqual(
    [],
  );
});

test("text and a number are different values of a claim", () => {
  const text = withIssuer(
    sound,
    'issuer: staff, claims: { level: "1" } } }, { id: b, jwt: { issuer: staff, claims: { level: 1 }',
  );
  expect(problemsOf(sourceOf(fewInputs, text))).toEqual([]);
});

test("two keys of two people, and a broken one of each kind, are all told at once", () => {
  const text = `auth:
  mode: [token, jwt]
  issuers:
    staff: { issuer: http://login.example.com, audience: "*", algorithms: [HS256] }
    idle: { issuer: https://idle.example.com, audience: a }
${services}consumers:
  - { id: web, jwt: { issuer: stuff, claims: { scope: "*" } } }
  - { id: ci, github: { ref: main } }
  - { id: old, token: { env: SHORT_TOKEN }, expires: 2020-01-01, plan: gold }
  - { id: web }
plans: { silver: { rate: 1, burst: 1 } }
`;
  expect(
    problemsOf(sourceOf(fewInputs, text)).map(
      ({ where, position }) => `${where} ${position?.line ?? 0}`,
    ),
  ).toEqual([
    "auth.issuers.staff 4",
    "auth.issuers.staff.issuer 4",
    "auth.issuers.staff.algorithms[0] 4",
    "auth.issuers.staff.audience 4",
    "auth.issuers.idle 5",
    "consumers[0].jwt.issuer 9",
    "consumers[0].jwt.claims.scope 9",
    "consumers[1].github 10",
    "consumers[1].github 10",
    "consumers[1].github.ref 10",
    "consumers[2].token 11",
    "consumers[2].expires 11",
    "consumers[3].id 12",
    "consumers[3].id 12",
    "consumers[2].plan 11",
    "plans.silver 13",
  ]);
});

test("static headers too large for API Gateway are a problem", () => {
  const headers = Array.from(
    { length: 5 },
    (_, index) => `x-${index}: ${"v".repeat(900)}`,
  );
  const text = `upstreams: { a: { url: https://a.example.com, headers: { ${headers.join(", ")} } } }
routes: [{ path: /a, upstream: a }]
consumers: [{ ${token} }]`;
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toMatchObject([{ where: "upstreams.a" }]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each(["bundled", "dynamodb"])(
  "more consumers than fit beside the authorizer are a problem with store: %s",
  (store) => {
    const lines = Array.from({ length: 20_001 }, (_, at) => `c${at}=${at + 1}`);
    const problems = problemsOf(
      sourceOf(
        { ...fewInputs, "github-repositories": lines.join("\n") },
        `store: ${store}\n${services}`,
      ),
    );
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
  },
);

test.each(["pull_request_target", "issues", "check_run", "deployment"])(
  "the event %s is a warning",
  (event) => {
    const text = withWorkflow(`repository-id: 1, event: [push, ${event}]`);
    const warnings = warningsOf(sourceOf(fewInputs, text));
    expect(warnings).toHaveLength(1);
    expect(printedProblems(warnings)).toMatchSnapshot();
  },
);
