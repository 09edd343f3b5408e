import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import {
  fewInputs,
  goodInputs,
  problemsOf,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const upstreams = `upstreams:
  a: { url: https://a.example.com/v1 }
`;
const routes = `routes:
  - { path: /a, methods: [GET], upstream: a }
`;
const consumers = `consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN } }
`;
const rest = upstreams + routes + consumers;

type Case = [
  what: string,
  text: string,
  where: string,
  message: string,
  line: number,
  column: number,
];

const yaml: Case[] = [
  ["an empty file", "", "ai-gate.yml", "the file is empty", 1, 1],
  ["only comments", "# nothing\n", "ai-gate.yml", "the file is empty", 1, 1],
  [
    "a list at the top",
    "- a\n",
    "ai-gate.yml",
    "must hold keys at its top",
    1,
    1,
  ],
  [
    "a word at the top",
    "hello",
    "ai-gate.yml",
    "must hold keys at its top",
    1,
    1,
  ],
  [
    "a duplicate key",
    `stage: a\nstage: b\n${rest}`,
    "stage",
    'the key "stage" is given twice',
    2,
    1,
  ],
  [
    "an unclosed list",
    `${upstreams}routes: [ {\n`,
    "ai-gate.yml",
    "not valid YAML",
    4,
    1,
  ],
  [
    "a path with braces that is not quoted in a flow mapping",
    "routes:\n  - { path: /openai/{proxy+}, methods: [POST], upstream: a }\n",
    "ai-gate.yml",
    'put a path with braces in quotes: "/openai/{proxy+}"',
    2,
    21,
  ],
  ["a tab", `upstreams:\n\ta: 1\n`, "ai-gate.yml", "not valid YAML", 2, 1],
  [
    "an anchor",
    `stage: &s v1\n${rest}`,
    "stage",
    "anchors (&name) and aliases",
    1,
    11,
  ],
  [
    "an unknown tag",
    `stage: !env V\n${rest}`,
    "ai-gate.yml",
    "unresolved tag",
    1,
    8,
  ],
  [
    "two documents",
    `${rest}---\n${rest}`,
    "ai-gate.yml",
    "multiple documents",
    7,
    1,
  ],
];

const shape: Case[] = [
  [
    "an unknown key",
    `stagee: v1\n${rest}`,
    "stagee",
    'the key "stagee" is not known here; did you mean "stage"?',
    1,
    1,
  ],
  [
    "a far-off key",
    `colour: red\n${rest}`,
    "colour",
    "known keys are stage, token-header",
    1,
    1,
  ],
  [
    "a domain",
    `domain: { name: a.example.com }\n${rest}`,
    "domain",
    "not supported by this version",
    1,
    1,
  ],
  [
    "a firewall",
    `waf: { web-acl: x }\n${rest}`,
    "waf",
    "not supported by this version",
    1,
    1,
  ],
  [
    "a network",
    `network: { deny: [] }\n${rest}`,
    "network",
    "not supported by this version",
    1,
    1,
  ],
  [
    "an unknown mode",
    `auth: { mode: open }\n${rest}`,
    "auth.mode",
    'must be token, jwt, github-oidc or custom, or a list of these; "open" was given',
    1,
    15,
  ],
  [
    "a Bedrock upstream",
    `${upstreams}  b: { kind: bedrock, region: us-east-1 }\n${routes}${consumers}`,
    "upstreams.b.kind",
    "not supported by this version",
    3,
    8,
  ],
  [
    "a SageMaker upstream",
    `${upstreams}  b: { kind: sagemaker, endpoint: x }\n${routes}${consumers}`,
    "upstreams.b.kind",
    "not supported by this version",
    3,
    8,
  ],
  [
    "a number for text",
    `stage: 1\n${rest}`,
    "stage",
    "must be text, not the number 1: put it in quotes",
    1,
    8,
  ],
  [
    "text for a number",
    `auth: { cache-ttl: long }\n${rest}`,
    "auth.cache-ttl",
    "whole number of seconds from 0 to 3600; text was given",
    1,
    20,
  ],
  [
    "a long cache",
    `auth: { cache-ttl: 3601 }\n${rest}`,
    "auth.cache-ttl",
    "from 0 to 3600; 3601 was given",
    1,
    20,
  ],
  [
    "half a second",
    `auth: { cache-ttl: 0.5 }\n${rest}`,
    "auth.cache-ttl",
    "whole number",
    1,
    20,
  ],
  [
    "a retention CloudWatch lacks",
    `logs: { retention-days: 31 }\n${rest}`,
    "logs.retention-days",
    "3653; 31 was given",
    1,
    25,
  ],
  [
    "no rate",
    `throttle: { burst: 5 }\n${rest}`,
    "throttle.rate",
    'the key "rate" is required here',
    1,
    11,
  ],
  [
    "a rate of 0",
    `throttle: { rate: 0, burst: 5 }\n${rest}`,
    "throttle.rate",
    "more than 0",
    1,
    19,
  ],
  [
    "a burst of half",
    `throttle: { rate: 1, burst: 0.5 }\n${rest}`,
    "throttle.burst",
    "whole number of requests",
    1,
    29,
  ],
  [
    "no origins",
    `cors: { origins: [] }\n${rest}`,
    "cors.origins",
    "must not be an empty list",
    1,
    18,
  ],
  [
    "one origin as text",
    `cors: { origins: "*" }\n${rest}`,
    "cors.origins",
    "must be a list, not text",
    1,
    18,
  ],
  [
    "upstreams as a list",
    `upstreams:\n  - a\n${routes}${consumers}`,
    "upstreams",
    "must be a mapping of names, not a list",
    2,
    3,
  ],
  [
    "an upstream without URL",
    `upstreams:\n  a: { header: x-api-key }\n${routes}${consumers}`,
    "upstreams.a.url",
    'the key "url" is required here',
    2,
    6,
  ],
  [
    "an upstream that is nothing",
    `upstreams:\n  a:\n${routes}${consumers}`,
    "upstreams.a",
    "not nothing",
    2,
    3,
  ],
  [
    "a header value that is a number",
    `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: 1 } }\n${routes}${consumers}`,
    "upstreams.a.headers.x-v",
    "put it in quotes",
    2,
    52,
  ],
  [
    "a route without path",
    `${upstreams}routes:\n  - { upstream: a }\n${consumers}`,
    "routes[0].path",
    'the key "path" is required',
    4,
    5,
  ],
  [
    "methods as text",
    `${upstreams}routes:\n  - { path: /a, methods: GET, upstream: a }\n${consumers}`,
    "routes[0].methods",
    "must be a list, not text",
    4,
    26,
  ],
  [
    "a misspelt key in a route",
    `${upstreams}routes:\n  - { path: /a, method: [GET], upstream: a }\n${consumers}`,
    "routes[0].method",
    'did you mean "methods"?',
    4,
    17,
  ],
  [
    "a timeout of 0",
    `${upstreams}routes:\n  - { path: /a, timeout: 0, upstream: a }\n${consumers}`,
    "routes[0].timeout",
    "1 to 900; 0 was given",
    4,
    26,
  ],
  [
    "a plain token",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: ${token} }\n`,
    "consumers[0].token",
    "the token itself never belongs in the file",
    6,
    22,
  ],
  [
    "three tokens",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: [{ env: A_TOKEN }, { env: B_TOKEN }, { env: C_TOKEN }] }\n`,
    "consumers[0].token",
    "at most two",
    6,
    22,
  ],
  [
    "a list of modes with a wrong one",
    `auth: { mode: [token, open] }\n${rest}`,
    "auth.mode",
    "must be token, jwt, github-oidc or custom, or a list of these",
    1,
    15,
  ],
];

const rules: Case[] = [
  ["a bad stage", `stage: "a b"\n${rest}`, "stage", "is no stage name", 1, 8],
  [
    "a bad token header",
    `token-header: Host\n${rest}`,
    "token-header",
    "sets itself",
    1,
    15,
  ],
  [
    "a bad upstream name",
    `upstreams:\n  A_b: { url: https://a.example.com }\nroutes: [{ path: /a, upstream: A_b }]\n${consumers}`,
    "upstreams.A_b",
    '"A_b" is no upstream name',
    2,
    8,
  ],
  [
    "an upstream over http",
    `upstreams:\n  a: { url: http://a.example.com }\n${routes}${consumers}`,
    "upstreams.a.url",
    "is not https",
    2,
    13,
  ],
  [
    "a credential header among the static ones",
    `upstreams:\n  a: { url: https://a.example.com, headers: { authorization: "Bearer x" } }\n${routes}${consumers}`,
    "upstreams.a.headers.authorization",
    "set by the gate itself",
    2,
    62,
  ],
  [
    "a static header with a quote",
    `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: "it's" } }\n${routes}${consumers}`,
    "upstreams.a.headers.x-v",
    "printable ASCII",
    2,
    52,
  ],
  [
    "an empty static header",
    `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: "" } }\n${routes}${consumers}`,
    "upstreams.a.headers.x-v",
    "is empty",
    2,
    52,
  ],
  [
    "a static header twice",
    `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: a, X-V: b } }\n${routes}${consumers}`,
    "upstreams.a.headers.X-V",
    "given twice",
    2,
    60,
  ],
  [
    "an upstream nobody uses",
    `${upstreams}  b: { url: https://b.example.com }\n${routes}${consumers}`,
    "upstreams.b",
    'no route leads to the upstream "b"',
    3,
    6,
  ],
  [
    "an upstream nobody defined",
    `${upstreams}${routes}  - { path: /b, upstream: aa }\n${consumers}`,
    "routes[1].upstream",
    'no upstream "aa"; did you mean "a"?',
    5,
    27,
  ],
  [
    "a duplicate route",
    `${upstreams}${routes}  - { path: a/, methods: [POST, GET], upstream: a }\n${consumers}`,
    "routes[1].path",
    "GET /a is defined twice",
    5,
    13,
  ],
  [
    "two parameters side by side",
    `${upstreams}${routes}  - { path: "/a/{b}", upstream: a }\n  - { path: "/a/{c}/d", upstream: a }\n${consumers}`,
    "routes[2].path",
    '"/a/{c}/d" has a parameter where "/a/{b}" has another',
    6,
    13,
  ],
  [
    "a parameter beside a greedy one",
    `${upstreams}${routes}  - { path: "/{b}", upstream: a }\n  - { path: "/{proxy+}", upstream: a }\n${consumers}`,
    "routes[2].path",
    "which API Gateway refuses",
    6,
    13,
  ],
  [
    "a long timeout without streaming",
    `${upstreams}routes:\n  - { path: /a, upstream: a, stream: false, timeout: 30 }\n${consumers}`,
    "routes[0].timeout",
    "at most 29",
    4,
    54,
  ],
  [
    "a placeholder one route does not fill",
    `upstreams:\n  a: { url: "https://a.example.com/{id}" }\nroutes:\n  - { path: "/a/{id}", upstream: a }\n  - { path: /b, upstream: a }\n${consumers}`,
    "routes[1].upstream",
    "has {id}, which the path",
    5,
    27,
  ],
  [
    "a consumer id with a space",
    `${upstreams}${routes}consumers:\n  - { id: a b, token: { env: TEAM_A_TOKEN } }\n`,
    "consumers[0].id",
    "is no consumer id",
    6,
    11,
  ],
  [
    "a consumer twice",
    `${rest}  - { id: ci, token: { env: TEAM_B_TOKEN } }\n`,
    "consumers[1].id",
    "is defined twice",
    7,
    11,
  ],
  [
    "a token of another",
    `${rest}  - { id: b, token: { env: TEAM_A_TOKEN } }\n`,
    "consumers[1].token",
    'is also a token of "ci"',
    7,
    21,
  ],
  [
    "a variable that is not set",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: NOPE_TOKEN } }\n`,
    "consumers[0].token",
    "NOPE_TOKEN is not set or empty",
    6,
    22,
  ],
  [
    "a variable that is empty",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: EMPTY_TOKEN } }\n`,
    "consumers[0].token",
    "EMPTY_TOKEN is not set or empty",
    6,
    22,
  ],
  [
    "a short token in a variable",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: SHORT_TOKEN } }\n`,
    "consumers[0].token",
    "the token in SHORT_TOKEN (5 characters) is too short",
    6,
    22,
  ],
  [
    "a token for a variable's name",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: ${token} } }\n`,
    "consumers[0].token",
    "env (33 characters) is not the name",
    6,
    22,
  ],
  [
    "half a digest",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { sha256: abc } }\n`,
    "consumers[0].token",
    "not 64 hex digits",
    6,
    22,
  ],
  [
    "no date",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, expires: soon }\n`,
    "consumers[1].expires",
    '"soon" is no date',
    7,
    53,
  ],
  [
    "a day that is not",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, expires: 2027-02-30 }\n`,
    "consumers[1].expires",
    "is no date",
    7,
    53,
  ],
  [
    "a day that was",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, expires: 2026-07-31 }\n`,
    "consumers[1].expires",
    "has passed",
    7,
    53,
  ],
  [
    "access to nothing",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: [/b] }\n`,
    "consumers[1].routes[0]",
    '"/b" names no route: write the path of one (/a)',
    7,
    53,
  ],
  [
    "access below nothing",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: ["/a/b/**"] }\n`,
    "consumers[1].routes[0]",
    "names no route",
    7,
    53,
  ],
  [
    "another wildcard",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: ["/*"] }\n`,
    "consumers[1].routes[0]",
    "is no access: write",
    7,
    53,
  ],
  [
    "a wildcard in the middle",
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: ["/**/a"] }\n`,
    "consumers[1].routes[0]",
    "is no access: write",
    7,
    53,
  ],
  [
    "an origin with a path",
    `cors: { origins: [https://a.example.com/] }\n${rest}`,
    "cors.origins[0]",
    "is no origin",
    1,
    19,
  ],
  [
    "an origin with a wildcard",
    `cors: { origins: ["https://*.example.com"] }\n${rest}`,
    "cors.origins[0]",
    "has a wildcard",
    1,
    19,
  ],
  [
    "an origin of no scheme",
    `cors: { origins: [app.example.com] }\n${rest}`,
    "cors.origins[0]",
    "is no origin",
    1,
    19,
  ],
  [
    "an origin in capitals",
    `cors: { origins: ["https://App.example.com"] }\n${rest}`,
    "cors.origins[0]",
    "is no origin",
    1,
    19,
  ],
  [
    "an origin twice",
    `cors: { origins: [https://a.example.com, https://a.example.com] }\n${rest}`,
    "cors.origins[1]",
    "given twice",
    1,
    42,
  ],
  [
    "every origin and one more",
    `cors: { origins: [https://a.example.com, "*"] }\n${rest}`,
    "cors.origins[1]",
    "covers every origin",
    1,
    42,
  ],
  [
    "a custom authorizer without directory",
    `auth: { mode: custom }\n${upstreams}${routes}`,
    "auth.mode",
    "needs its directory",
    1,
    15,
  ],
  [
    "a directory in token mode",
    `auth: { mode: token, directory: x }\n${rest}`,
    "auth.directory",
    "none is in use",
    1,
    33,
  ],
];

test.each([...yaml, ...shape, ...rules])(
  "%s is one problem at its line",
  (...[, text, where, message, line, column]) => {
    const problems = problemsOf(sourceOf(fewInputs, text));
    expect(problems).toEqual([
      {
        where,
        message: expect.stringContaining(message) as string,
        position: { file: "ai-gate.yml", line, column },
      },
    ]);
  },
);

const twice: [
  input: string,
  inputs: SimpleInputs,
  text: string,
  key: string,
][] = [
  ["path", { path: "b" }, rest, "routes"],
  ["methods", { methods: "GET" }, rest, "routes"],
  ["upstream", { upstream: "https://b.example.com" }, rest, "upstreams"],
  ["upstream-header", { "upstream-header": "x-api-key" }, rest, "upstreams"],
  ["upstream-secret", { "upstream-secret": "ssm:/x" }, rest, "upstreams"],
  ["tokens", { tokens: `ci=${token}` }, rest, "consumers"],
  ["stage-name", { "stage-name": "v2" }, `${rest}stage: v1\n`, "stage"],
  [
    "token-header",
    { "token-header": "x-key" },
    `${rest}token-header: x-key\n`,
    "token-header",
  ],
  [
    "authorizer",
    { authorizer: "a" },
    `${rest}auth: { mode: token }\n`,
    "auth.mode",
  ],
];

test.each(twice)("%s is given by both", (where, inputs, text, key) => {
  const [problem] = problemsOf(sourceOf({ ...fewInputs, ...inputs }, text));
  expect(problem).toMatchObject({
    where,
    message: `the input \`${where}\` and the key \`${key}\` of ai-gate.yml both give this: remove one of them`,
    position: { file: "ai-gate.yml" },
  });
});

test("routes without upstreams, and upstreams without routes", () => {
  expect(problemsOf(sourceOf(fewInputs, routes + consumers))).toMatchObject([
    {
      where: "routes[0].upstream",
      message: expect.stringContaining("none is defined") as string,
    },
  ]);
  expect(problemsOf(sourceOf(fewInputs, upstreams + consumers))).toMatchObject([
    {
      where: "routes",
      message: expect.stringContaining("no route was given") as string,
    },
    { where: "upstreams.a" },
  ]);
});

test("problems of shape and of rules come together, once each", () => {
  const text = `stagee: v1
upstreams:
  a: { url: http://a.example.com }
  b: { headers: {} }
routes:
  - { path: a b, upstream: a }
  - { upstream: b }
consumers:
  - { id: ci, token: { env: SHORT_TOKEN }, routes: [/nothing] }
  - { id: "?", token: plain }
cors: { origins: [] }
`;
  const problems = problemsOf(sourceOf({ region: "x" }, text));
  expect(problems.map(({ where }) => where).sort()).toEqual([
    "consumers[0].token",
    "consumers[1].token",
    "cors.origins",
    "region",
    "routes[0].path",
    "routes[1].path",
    "stack",
    "stagee",
    "upstreams.a.url",
    "upstreams.b.url",
  ]);
});

test("keys of Object's prototype are just unknown keys", () => {
  const problems = problemsOf(
    sourceOf(fewInputs, `${rest}constructor: 1\ntoString: 2\n`),
  );
  expect(problems.map(({ where }) => where)).toEqual([
    "constructor",
    "toString",
  ]);
});

const origin = (one: string) =>
  sourceOf(fewInputs, `cors: { origins: ${JSON.stringify([one])} }\n${rest}`);

test.each([
  "*",
  "https://app.example.com",
  "https://app.example.com:8443",
  "http://localhost:3000",
  "http://127.0.0.1:3000",
  "http://[::1]:3000",
  "http://tauri.localhost",
  "https://a_b.example.com",
  "https://xn--bcher-kva.example",
  "app://obsidian.md",
  "vscode-file://vscode-app",
  "tauri://localhost",
  "capacitor://localhost",
  "ionic://localhost",
  "capacitor-electron://-",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "moz-extension://2f9ba3a8-3a1b-4f0e-9a55-0d5b1c4b5d11",
  "safari-web-extension://2F9BA3A8-3A1B-4F0E-9A55-0D5B1C4B5D11",
])("the origin %s is taken", (one) => {
  expect(problemsOf(origin(one))).toEqual([]);
});

test.each([
  "null",
  "",
  "https://",
  "https://app.example.com/",
  "https://app.example.com?a",
  "https://app.example.com#a",
  "https://app.example.com:443",
  "https://user@app.example.com",
  "HTTPS://app.example.com",
  'https://a".example.com',
  "https://a'.example.com",
  "https://$a.example.com",
  "https://${a}.example.com",
  "https://a\\.example.com",
  "https://a.example.com\n",
  " https://a.example.com",
  "https://a b.example.com",
  "https://bücher.example",
  "http://[$a]",
  'http://["]',
  "https://a.example.com\u0000",
  "app://",
  "app://obsidian.md/",
  "app://obsidian.md/index.html",
  'app://a"',
  "app://$a",
  "app://${a}",
  "app://#a",
  "app://a'b",
  "app://a\\b",
  "app://a b",
  "App://obsidian.md",
  "1app://a",
  "app:a",
  "app:/a",
  "$app://a",
  "file://a",
  "data://a",
  "blob://a",
  "about://blank",
  "javascript://a",
  "ws://a.example.com",
  "wss://a.example.com",
  "https://App.example.com",
])("the origin %j is a problem", (one) => {
  expect(problemsOf(origin(one))).toMatchObject([
    {
      where: "cors.origins[0]",
      message: expect.stringContaining("is no origin") as string,
    },
  ]);
});

test("too many origins, and header values that cannot be mapped", () => {
  const origins = Array.from(
    { length: 21 },
    (_, n) => `https://a${n}.example.com`,
  );
  const headers = `{ x-a: " b", x-c: ${"d".repeat(1025)} }`;
  const text = `${rest.replace("/v1 }", `, headers: ${headers} }`)}cors: { origins: [${origins.join(", ")}] }\n`;
  expect(problemsOf(sourceOf(fewInputs, text))).toMatchObject([
    {
      message: expect.stringContaining(
        '"x-a" starts or ends with a space',
      ) as string,
    },
    { message: expect.stringContaining('"x-c" is longer than 1024') as string },
    {
      where: "cors.origins[20]",
      message: expect.stringContaining("at most 20") as string,
    },
  ]);
});

test("a route with a bad path does not make its consumer's access one too", () => {
  const text = `${upstreams}routes:
  - { path: "a b", upstream: a }
  - { path: /c, upstream: a }
${consumerOf("[/a-b]")}`;
  expect(problemsOf(sourceOf(fewInputs, text))).toMatchObject([
    { where: "routes[0].path" },
  ]);
});

test("more resources than an API may have is a problem", () => {
  const many = Array.from(
    { length: 150 },
    (_, index) => `  - { path: /p${index}/q, upstream: a }`,
  );
  const text = `${upstreams}routes:\n${many.join("\n")}\n${consumers}`;
  expect(problemsOf(sourceOf(fewInputs, text))).toMatchObject([
    {
      where: "routes",
      message: expect.stringContaining("302 API Gateway resources") as string,
      position: { line: 4 },
    },
  ]);
});

test.each([
  [
    "no route",
    "/c/**",
    '"/c/**" names no route: write the path of one (/a/{id}, /a/admin or /b/{proxy+}), a /prefix/** of some, or a path below one that ends in {name+}',
  ],
  [
    "one value of a parameter",
    "/a/7",
    '"/a/7" names no route: write the path of one (/a/{id}, /a/admin or /b/{proxy+}), a /prefix/** of some, or a path below one that ends in {name+}',
  ],
  [
    "a method that is not there",
    '"GET,DELETE,PUT /a/**"',
    '"GET,DELETE,PUT /a/**" names PUT or DELETE, which no route there has: /a/{id} has GET; /a/admin has GET; remove the method, or give it to the route',
  ],
  [
    "a method that no route has",
    '"PUT /**"',
    '"PUT /**" names PUT, which no route there has: /a/{id} has GET; /a/admin has GET; /b/{proxy+} has GET, POST; remove the method, or give it to the route',
  ],
  [
    "an unknown method",
    '"FETCH /b/x"',
    '"FETCH /b/x" is no access: write a route\'s path, /prefix/** or /** (no other wildcards), with methods before it if only these are meant, as GET,POST /prefix/**',
  ],
])("access to %s is told with what there is", (_, entry, message) => {
  const text = `${upstreams}routes:
  - { path: "/a/{id}", methods: [GET], upstream: a }
  - { path: /a/admin, methods: [GET], upstream: a }
  - { path: "/b/{proxy+}", upstream: a }
${consumerOf(`[${entry}, /a/admin, /nothing]`)}`;
  expect(problemsOf(sourceOf(fewInputs, text))).toMatchObject([
    { where: "consumers[0].routes[0]", message, position: { line: 8 } },
    {
      where: "consumers[0].routes[2]",
      message: expect.stringContaining('"/nothing" names no route') as string,
    },
  ]);
});

test("what the authorizer cannot keep apart or hold is a problem", () => {
  const headers = Array.from({ length: 51 }, (_, at) => `x-h${at}: v`);
  const text = `token-header: [Authorization, x_key, X-Key]
strip-headers: [X-Gate-Consumer, content-type, a b, X-Team, x_team]
auth: { cache-ttl: 1 }
upstreams: { a: { url: "https://a.example.com", headers: { ${headers.join(", ")}, x_key: v, X-HTTP-Method-Override: GET } } }
${routes}${consumers}`;
  expect(
    problemsOf(sourceOf(fewInputs, text)).map(({ message }) => message),
  ).toEqual([
    'the header "X-Key" is given twice: remove one',
    "a cache of 1 seconds needs a single token header, because API Gateway finds answers again by it, and Authorization, x_key, X-Key are given: set cache-ttl to 0, or keep one header",
    'the header "X-Gate-Consumer" is a header that API Gateway or the gate sets itself: use another',
    'the header "content-type" is needed to read the call: remove it from the list',
    'the header "a b" is no header name: use at most 64 letters, digits and hyphens',
    'the header "x_team" is given twice: remove one',
    'the header "x_key" is set by the gate itself: remove it (a credential belongs in `secret`)',
    'the header "X-HTTP-Method-Override" is a header that API Gateway or the gate sets itself: use another',
    '"a" has 53 static headers: give at most 50',
  ]);
});

test.each([
  [
    "token-header",
    "Authorization,a,b,c,d,e,f,g,h",
    "9 headers are more than the 8",
  ],
  [
    "strip-headers",
    Array.from({ length: 21 }, (_, at) => `x-${at}`).join(),
    "21 headers are more than the 20",
  ],
])("too many names in %s", (name, value, message) => {
  expect(problemsOf(sourceOf({ ...goodInputs, [name]: value }))).toMatchObject([
    { where: name, message: expect.stringContaining(message) as string },
  ]);
});

test.each([
  [{ type: "x" }, '"x" is no type of authorizer: use token or request'],
  [
    { "token-header": ["a", "b"] },
    "an authorizer of the type token reads one header, and a, b are given: keep one, or let yours be of the type request",
  ],
])("an own authorizer with %j", (more, message) => {
  const { type, ...top } = { type: undefined, ...more };
  const text = JSON.stringify({
    ...top,
    auth: { mode: "custom", directory: "own", ...(type && { type }) },
    upstreams: { a: { url: "https://a.example.com" } },
    routes: [{ path: "/a", upstream: "a" }],
  });
  const files = workspaceOf({ "own/authorizer.py": pythonHandler });
  expect(problemsOf(sourceOf(fewInputs, text, files))).toMatchObject([
    { message },
  ]);
});

/** One consumer with the given access. */
function consumerOf(access: string): string {
  return `consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN }, routes: ${access} }
`;
}
