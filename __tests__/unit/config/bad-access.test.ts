// What can be wrong about who may pass: issuers, claims, workflows, plans, modes and stores. One problem each, at its line.
import {
  fewInputs,
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

type Case = [
  what: string,
  text: string,
  where: string,
  message: string,
  line: number,
];

const issuers: Case[] = [
  [
    "no audience",
    withIssuer(`issuer: ${staff}`),
    "auth.issuers.staff.audience",
    'the key "audience" is required here: give the audience that the issuer writes into tokens for this gate',
    6,
  ],
  [
    "every audience",
    withIssuer(`issuer: ${staff}, audience: "*"`),
    "auth.issuers.staff.audience",
    'the audience "*" has a wildcard',
    6,
  ],
  [
    "an empty audience",
    withIssuer(`issuer: ${staff}, audience: [a, ""]`),
    "auth.issuers.staff.audience[1]",
    "is empty",
    6,
  ],
  [
    "an audience twice",
    withIssuer(`issuer: ${staff}, audience: [a, a]`),
    "auth.issuers.staff.audience[1]",
    "given twice",
    6,
  ],
  [
    "no audiences",
    withIssuer(`issuer: ${staff}, audience: []`),
    "auth.issuers.staff.audience",
    "must not be an empty list",
    6,
  ],
  [
    "an audience claim with a line break",
    withIssuer(`${sound}, audience-claim: "a\\nb"`),
    "auth.issuers.staff.audience-claim",
    "is no name of a claim",
    6,
  ],
  ...["PS256", "PS512", "ps384"].map((name): Case => [
    `the algorithm ${name}`,
    withIssuer(`${sound}, algorithms: [RS256, ${name}]`),
    "auth.issuers.staff.algorithms[1]",
    `the algorithm "${name}" is RSA-PSS, which this version does not check (PS256, PS384 and PS512 are refused)`,
    6,
  ]),
  ...["HS256", "hs512"].map((name): Case => [
    `the algorithm ${name}`,
    withIssuer(`${sound}, algorithms: [${name}]`),
    "auth.issuers.staff.algorithms[0]",
    `the algorithm "${name}" is symmetric: whoever can check such a token can also make one`,
    6,
  ]),
  [
    "no algorithm at all",
    withIssuer(`${sound}, algorithms: [none]`),
    "auth.issuers.staff.algorithms[0]",
    "leaves tokens unsigned",
    6,
  ],
  [
    "a misspelt algorithm",
    withIssuer(`${sound}, algorithms: [RS265]`),
    "auth.issuers.staff.algorithms[0]",
    "is not one the gate checks; did you mean",
    6,
  ],
  [
    "an algorithm twice",
    withIssuer(`${sound}, algorithms: [RS256, RS256]`),
    "auth.issuers.staff.algorithms[1]",
    "given twice",
    6,
  ],
  [
    "an empty list of algorithms",
    withIssuer(`${sound}, algorithms: []`),
    "auth.issuers.staff.algorithms",
    "must not be an empty list",
    6,
  ],
  ...(
    [
      ["http://login.example.com", "is not https"],
      ["login.example.com", "is no URL"],
      ["https://login.example.com?tenant=1", "has a query"],
      ["https://login.example.com#a", "has a fragment"],
      ["https://user:canary@login.example.com", "URL holds credentials"],
      ["https://login.example.com/a b", "has a space"],
      ["https://tenant.eu.auth0.com", "has no / at its end: Auth0's `iss`"],
      ["https://accounts.google.com/", "has a / at its end: Google's `iss`"],
      ["https://acme.okta.com/oauth2/default/", "has a / at its end: Okta's"],
      ["https://token.actions.githubusercontent.com", "use `github` in the"],
      ["https://github.acme.com/_services/token", "use `github` in the"],
      ["https://token.actions.acme.ghe.com", "use `github` in the consumer"],
    ] as const
  ).map(([url, message]): Case => [
    `the issuer ${url}`,
    withIssuer(`issuer: "${url}", audience: gate`),
    "auth.issuers.staff.issuer",
    message,
    6,
  ]),
  ...(
    [
      ["http://login.example.com/jwks", "is not https"],
      ["https://login.example.com/jwks?p=1", "has a query"],
      ["jwks.json", "is no URL"],
    ] as const
  ).map(([url, message]): Case => [
    `keys at ${url}`,
    withIssuer(`${sound}, jwks-uri: "${url}"`),
    "auth.issuers.staff.jwks-uri",
    message,
    6,
  ]),
  [
    "keys from two places",
    withIssuer(`${sound}, jwks-uri: ${staff}/jwks, jwks: keys.json`),
    "auth.issuers.staff.jwks",
    "the keys are given twice",
    6,
  ],
  [
    "a long skew",
    withIssuer(`${sound}, clock-skew: 61`),
    "auth.issuers.staff.clock-skew",
    "from 0 to 60; 61 was given",
    6,
  ],
  [
    "no lifetime",
    withIssuer(`${sound}, max-lifetime: 0`),
    "auth.issuers.staff.max-lifetime",
    "from 1 to 31536000; 0 was given",
    6,
  ],
  [
    "an unknown key",
    withIssuer(`${sound}, audiance: gate`),
    "auth.issuers.staff.audiance",
    'did you mean "audience"?',
    6,
  ],
  [
    "an issuer nobody defined",
    withIssuer(sound, "issuer: stuff").replace(
      "id: web",
      "id: me, jwt: { issuer: staff } }, { id: web",
    ),
    "consumers[1].jwt.issuer",
    'there is no issuer "stuff"; did you mean "staff"?',
    3,
  ],
  [
    "an issuer where none is",
    withConsumers("id: web, jwt: { issuer: staff }"),
    "consumers[0].jwt.issuer",
    "none is defined under `auth.issuers`",
    4,
  ],
  [
    "an issuer nobody uses",
    `${withIssuer(sound)}    other: { issuer: "https://other.example.com", audience: b }\n`,
    "auth.issuers.other",
    'no consumer has a JWT of the issuer "other"',
    7,
  ],
  [
    "GitHub as an issuer of JWTs",
    withIssuer(sound, "issuer: github").replace(
      "id: web",
      "id: me, jwt: { issuer: staff } }, { id: web",
    ),
    "consumers[1].jwt.issuer",
    "use `github` in the consumer instead of `jwt`",
    3,
  ],
  [
    "an issuer's name in capitals",
    withIssuer(sound, "issuer: Staff").replace("    staff:", "    Staff:"),
    "auth.issuers.Staff",
    "is no issuer name",
    6,
  ],
  [
    "GitHub's name",
    `${withIssuer(sound)}    github: { issuer: "https://b.example.com", audience: b }\n`,
    "auth.issuers.github",
    "the name github is GitHub Actions'",
    7,
  ],
  [
    "one URL twice",
    `${withIssuer(sound)}    twin: { issuer: ${staff}, audience: b }\n`.replace(
      "id: web",
      "id: b, jwt: { issuer: twin } }, { id: web",
    ),
    "auth.issuers.twin.issuer",
    'the issuers "staff" and "twin" have one URL',
    7,
  ],
];

const pool =
  "issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI, audience: client";
const cognito: Case[] = [
  [
    "Cognito without token_use",
    withIssuer(pool),
    "auth.issuers.staff",
    "for access tokens write `audience-claim: client_id` and `claims: { token_use: access }`, for ID tokens `claims: { token_use: id }`",
    6,
  ],
  [
    "Cognito with both kinds of token",
    withIssuer(`${pool}, claims: { token_use: [access, id] }`),
    "auth.issuers.staff.claims.token_use",
    "say which the gate takes",
    6,
  ],
  [
    "Cognito's access tokens by aud",
    withIssuer(`${pool}, claims: { token_use: access }`),
    "auth.issuers.staff.claims.token_use",
    "write `audience-claim: client_id`",
    6,
  ],
  [
    "Cognito's ID tokens by client_id",
    withIssuer(`${pool}, audience-claim: client_id, claims: { token_use: id }`),
    "auth.issuers.staff.audience-claim",
    "remove `audience-claim`",
    6,
  ],
  [
    "Cognito with a slash",
    withIssuer(`${pool.replace("GhI,", "GhI/,")}, claims: { token_use: id }`),
    "auth.issuers.staff.issuer",
    "has a / at its end",
    6,
  ],
];

const long = "x".repeat(1025);
const claims: Case[] = (
  [
    ["a bare star", 'scope: "*"', "scope", "may be anything (*)"],
    ["stars", 'scope: "***"', "scope", "may be anything (*)"],
    ["an empty text", 'scope: ""', "scope", "is empty"],
    ["an empty list", "scope: []", "scope", "must not be an empty list"],
    ["an anchor at the start", 'sub: "^a"', "sub", "regular expression (^)"],
    ["an anchor at the end", "sub: a$", "sub", "regular expression ($)"],
    ["any text as dot star", "sub: a.*", "sub", "regular expression (.*)"],
    ["some text as dot plus", "sub: a.+b", "sub", "regular expression (.+)"],
    ["a class", 'sub: "a[0-9]"', "sub", "regular expression ([)"],
    ["a group", 'sub: "(a|b)"', "sub", "regular expression (()"],
    ["an escape", "sub: a\\d", "sub", "regular expression (\\)"],
    ["a long text", `sub: ${long}`, "sub", "of 1025 characters"],
    ["a control character", 'sub: "a\\u0007"', "sub", "control character"],
    ["a value twice", "sub: [a, b, a]", "sub[2]", 'has "a" twice'],
    ["a mapping", "sub: { a: b }", "sub", "must be text, a number"],
    ["the issuer", "iss: a", "iss", "is checked by the gate itself"],
    ["the expiry", "exp: 1", "exp", "is checked by the gate itself"],
    [
      "too many values",
      `sub: [${Array.from({ length: 1001 }, (_, n) => `v${n}`).join(", ")}]`,
      "sub",
      "this has 1001 entries: give at most 1000",
    ],
  ] as const
).map(([what, text, where, message]) => [
  `a claim with ${what}`,
  withIssuer(sound, `issuer: staff, claims: { ${text} }`),
  `consumers[0].jwt.claims.${where}`,
  message,
  3,
]);

const github: Case[] = [
  [
    "a repository by its name",
    withWorkflow("repository: org/repo"),
    "consumers[0].github.repository",
    "give `repository-id`, which `gh api repos/OWNER/REPO --jq .id` prints",
    4,
  ],
  [
    "a name for an id",
    withWorkflow("repository-id: org/repo"),
    "consumers[0].github.repository-id",
    '"org/repo" is no id of a repository, which has digits only: names can change hands',
    4,
  ],
  [
    "a name for an owner's id",
    withWorkflow("repository-owner-id: org"),
    "consumers[0].github.repository-owner-id",
    '"org" is no id of an owner',
    4,
  ],
  [
    "no id",
    withWorkflow("ref: refs/heads/main"),
    "consumers[0].github",
    "every repository on GitHub could pass",
    4,
  ],
  [
    "an id that is 0",
    withWorkflow("repository-id: 0"),
    "consumers[0].github.repository-id",
    '"0" is no id',
    4,
  ],
  [
    "half an id",
    withWorkflow("repository-id: 1.5"),
    "consumers[0].github.repository-id",
    "must be a number, or its digits as text",
    4,
  ],
  [
    "an audience",
    withWorkflow("repository-id: 1, audience: mine"),
    "consumers[0].github.audience",
    "always the gate's own (the output `audience`)",
    4,
  ],
  [
    "an audience of the issuer",
    withWorkflow(
      "repository-id: 1",
      "auth: { github: { issuer: https://github.acme.com/_services/token, audience: mine } }\n",
    ),
    "auth.github.audience",
    "always the gate's own",
    5,
  ],
  [
    "any ref",
    withWorkflow('repository-id: 1, ref: "*"'),
    "consumers[0].github.ref",
    "may be anything (*)",
    4,
  ],
  [
    "a branch for a ref",
    withWorkflow("repository-id: 1, ref: main"),
    "consumers[0].github.ref",
    "write refs/heads/BRANCH or refs/tags/TAG",
    4,
  ],
  [
    "a workflow without a version",
    withWorkflow(
      "repository-id: 1, workflow-ref: org/repo/.github/workflows/x.yml",
    ),
    "consumers[0].github.workflow-ref",
    "names no version of the workflow",
    4,
  ],
  [
    "an expression for a workflow",
    withWorkflow('repository-id: 1, job-workflow-ref: "^org/.*@v1$"'),
    "consumers[0].github.job-workflow-ref",
    "reads like a regular expression (^)",
    4,
  ],
  [
    "events by a wildcard",
    withWorkflow('repository-id: 1, event: "pull_request*"'),
    "consumers[0].github.event",
    "is no event: name each event",
    4,
  ],
  [
    "an event twice",
    withWorkflow("repository-id: 1, event: [push, push]"),
    "consumers[0].github.event[1]",
    "given twice",
    4,
  ],
  [
    "an unknown key",
    withWorkflow("repository-id: 1, branch: main"),
    "consumers[0].github.branch",
    "known keys are repository-id",
    4,
  ],
  [
    "GitHub's issuer for nobody",
    `${withConsumers("id: a, token: { env: TEAM_A_TOKEN }")}auth: { github: { issuer: https://github.acme.com/_services/token } }\n`,
    "auth.github.issuer",
    "no consumer is a GitHub workflow",
    5,
  ],
  [
    "GitHub's issuer over http",
    withWorkflow(
      "repository-id: 1",
      "auth: { github: { issuer: http://github.acme.com/_services/token } }\n",
    ),
    "auth.github.issuer",
    "is not https",
    5,
  ],
];

const order: Case[] = [
  [
    "the same conditions as before",
    withConsumers(
      "id: a, github: { repository-id: 1 }",
      "id: b, github: { repository-id: 1 }",
    ),
    "consumers[1].github",
    'no token can ever stand for "b", because "a" before it takes every token',
    5,
  ],
  [
    "more conditions than before",
    withConsumers(
      "id: a, github: { repository-id: 1 }",
      "id: b, github: { repository-id: 1, ref: refs/heads/main }",
    ),
    "consumers[1].github",
    'put "b" first',
    5,
  ],
  [
    "a value that a wildcard took",
    withConsumers(
      'id: a, github: { repository-id: 1, ref: "refs/heads/*" }',
      'id: b, github: { repository-id: 1, ref: ["refs/heads/main", "refs/heads/v*"] }',
    ),
    "consumers[1].github",
    "no token can ever stand",
    5,
  ],
  [
    "an event that was not refused before",
    withConsumers(
      "id: a, github: { repository-id: 1 }",
      "id: b, github: { repository-id: 1, event: push }",
    ),
    "consumers[1].github",
    "no token can ever stand",
    5,
  ],
  [
    "conditions after none",
    withIssuer(
      sound,
      "issuer: staff } }, { id: b, jwt: { issuer: staff, claims: { sub: b }",
    ),
    "consumers[1].jwt",
    'because "web" before it takes every token',
    3,
  ],
  [
    "what the issuer says already",
    withIssuer(
      `${sound}, claims: { kind: user }`,
      "issuer: staff, claims: { kind: [user, robot] } } }, { id: b, jwt: { issuer: staff, claims: { sub: b }",
    ),
    "consumers[1].jwt",
    "no token can ever stand",
    3,
  ],
];

const token = "id: a, token: { env: TEAM_A_TOKEN }";
const plans: Case[] = [
  [
    "a plan nobody defined",
    `${withConsumers(`${token}, plan: basik`, "id: b, token: { env: TEAM_B_TOKEN }, plan: basic")}plans: { basic: { rate: 1, burst: 2 } }\n`,
    "consumers[0].plan",
    'there is no plan "basik"; did you mean "basic"?',
    4,
  ],
  [
    "a plan where none is",
    withConsumers(`${token}, plan: basic`),
    "consumers[0].plan",
    "none is defined under `plans`",
    4,
  ],
  [
    "a plan nobody has",
    `${withConsumers(token)}plans: { basic: { rate: 1, burst: 2 } }\n`,
    "plans.basic",
    'no consumer has the plan "basic"',
    5,
  ],
  [
    "a plan's name in capitals",
    `${withConsumers(`${token}, plan: Basic`)}plans: { Basic: { rate: 1, burst: 2 } }\n`,
    "plans.Basic",
    "is no plan name",
    5,
  ],
  [
    "a plan without a burst",
    `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1 } }\n`,
    "plans.basic.burst",
    'the key "burst" is required here',
    5,
  ],
  [
    "a quota by the hour",
    `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1, burst: 1, quota: { limit: 1, period: hour } } }\n`,
    "plans.basic.quota.period",
    'must be day, week or month; "hour" was given',
    5,
  ],
  [
    "a quota of nothing",
    `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1, burst: 1, quota: { limit: 0, period: day } } }\n`,
    "plans.basic.quota.limit",
    "whole number of requests from 1 to",
    5,
  ],
  [
    "a misspelt key of a quota",
    `${withConsumers(`${token}, plan: basic`)}plans: { basic: { rate: 1, burst: 1, quota: { limit: 1, perod: day, period: day } } }\n`,
    "plans.basic.quota.perod",
    'did you mean "period"?',
    5,
  ],
];

const modes: Case[] = [
  [
    "a workflow where tokens are",
    `auth: { mode: token }\n${withWorkflow("repository-id: 1")}`,
    "consumers[0].github",
    "this gate may know token only (`auth.mode`), and this is github-oidc",
    5,
  ],
  [
    "a token where it is not named",
    `auth: { mode: [jwt, github-oidc] }\n${withConsumers(token)}`,
    "consumers[0].token",
    "may know jwt or github-oidc only (`auth.mode`), and this is token",
    5,
  ],
  [
    "a JWT where it is not named",
    withIssuer(sound).replace("auth:\n", "auth:\n  mode: token\n"),
    "consumers[0].jwt",
    "and this is jwt: add jwt to `auth.mode`",
    3,
  ],
  [
    "a mode twice",
    `auth: { mode: [token, token] }\n${withConsumers(token)}`,
    "auth.mode[1]",
    'the mode "token" is given twice',
    1,
  ],
  [
    "no mode",
    `auth: { mode: [] }\n${withConsumers(token)}`,
    "auth.mode",
    "must not be an empty list",
    1,
  ],
  [
    "a table of tokens where tokens are not known",
    `auth: { mode: github-oidc }\nstore: dynamodb\n${withWorkflow("repository-id: 1")}`,
    "store",
    "the table holds tokens, and `auth.mode` allows none",
    2,
  ],
  [
    "an unknown store",
    `store: redis\n${withConsumers(token)}`,
    "store",
    'must be bundled or dynamodb; "redis" was given',
    1,
  ],
  [
    "no credential",
    withConsumers(token, "id: b"),
    "consumers[1].id",
    'the consumer "b" has no credential: give it `token`, `jwt` or `github`',
    5,
  ],
  [
    "everybody disabled",
    withConsumers(`${token}, disabled: true`),
    "consumers",
    "every consumer is disabled, so nobody could call the gate",
    4,
  ],
  [
    "disabled by a word",
    withConsumers(`${token}, disabled: "yes"`),
    "consumers[0].disabled",
    "must be true or false, not text",
    4,
  ],
];

test.each([
  ...issuers,
  ...cognito,
  ...claims,
  ...github,
  ...order,
  ...plans,
  ...modes,
])("%s is one problem at its line", (...[, text, where, message, line]) => {
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toEqual([
    {
      where,
      message: expect.stringContaining(message) as string,
      position: {
        file: "ai-gate.yml",
        line,
        column: expect.any(Number) as number,
      },
    },
  ]);
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
  expect(problemsOf(sourceOf(fewInputs, text))).toMatchObject([
    {
      where: "upstreams.a",
      message: expect.stringContaining(
        'the static headers of "a" have 4535 bytes',
      ) as string,
    },
  ]);
});

test("more consumers than fit beside the authorizer are a problem", () => {
  const lines = Array.from({ length: 20_001 }, (_, at) => `c${at}=${at + 1}`);
  const messagesOf = (store: string) =>
    problemsOf(
      sourceOf(
        { ...fewInputs, "github-repositories": lines.join("\n") },
        `store: ${store}\n${services}`,
      ),
    ).map(({ message }) => message);
  expect(messagesOf("bundled")).toEqual([
    expect.stringMatching(/^20001 consumers .* use `store: dynamodb` and let/),
  ]);
  expect(messagesOf("dynamodb")).toEqual([
    expect.stringMatching(/^20001 consumers .*: let callers of equal access/),
  ]);
});

test.each([
  ...["pull_request_target", "issues", "check_run", "deployment"].map(
    (event) => [
      `the event ${event}`,
      withWorkflow(`repository-id: 1, event: [push, ${event}]`),
      "consumers[0].github.event[1]",
      `runs of ${event} can be caused by others than those with write access`,
    ],
  ),
])("%s is a warning", (_what, text, where, message) => {
  expect(warningsOf(sourceOf(fewInputs, text))).toEqual([
    expect.objectContaining({
      where,
      message: expect.stringContaining(message) as string,
    }),
  ]);
});
