import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import {
  goodInputs,
  otherToken,
  problemsOf,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

type Case = [
  what: string,
  inputs: SimpleInputs,
  where: string,
  message: string,
];

/** Each is the good inputs with something changed, and the one problem that must come of it. */
const cases: Case[] = [
  ["no stack", { stack: undefined }, "stack", "no stack was given"],
  ["a stack with a slash", { stack: "a/b" }, "stack", '"a/b" is no stack name'],
  ["a long stack", { stack: "s".repeat(101) }, "stack", "1 to 100"],
  ["no region", { region: undefined }, "region", "AWS_REGION"],
  ["a bad region", { region: "europe" }, "region", '"europe" is no AWS region'],
  [
    "a region with a zone",
    { region: "eu-west-1a" },
    "region",
    "is no AWS region",
  ],
  [
    "a stage with a space",
    { "stage-name": "my stage" },
    "stage-name",
    '"my stage" is no stage name',
  ],
  [
    "the console's stage",
    { "stage-name": "test-invoke-stage" },
    "stage-name",
    "is no stage name",
  ],
  [
    "a path with a space",
    { path: "a b" },
    "path",
    'the path "a b" has a space',
  ],
  ["a path with dot segments", { path: "a/../b" }, "path", "dots only"],
  ["a path with a dot", { path: "./a" }, "path", "dots only"],
  ["an empty segment", { path: "a//b" }, "path", "empty segment"],
  ["only a slash", { path: "/" }, "path", "is empty"],
  ["a query in the path", { path: "a?b=c" }, "path", "query or fragment"],
  ["an odd character", { path: "a/b*c" }, "path", 'not allowed, "b*c"'],
  ["half a parameter", { path: "a/x{b}" }, "path", 'not allowed, "x{b}"'],
  ["a percent sign", { path: "a/%2e%2e" }, "path", "not allowed"],
  ["greedy in the middle", { path: "{proxy+}/a" }, "path", "before its end"],
  ["a parameter twice", { path: "{a}/{a}" }, "path", "parameter name twice"],
  ["the gate's health path", { path: "/healthz" }, "path", "answers itself"],
  ["API Gateway's ping", { path: "ping" }, "path", "answers itself"],
  ["API Gateway's sping", { path: "/sping" }, "path", "answers itself"],
  [
    "a path of 2,000 characters",
    { path: "a/".repeat(1_000) },
    "path",
    "has 2000 characters, more than the 1024",
  ],
  ["101 segments", { path: "a/".repeat(101) }, "path", "has 101 segments"],
  ["a long segment", { path: "a".repeat(129) }, "path", "more than 128"],
  [
    "an unknown method",
    { methods: "GET,FETCH" },
    "methods",
    '"FETCH" is no HTTP method',
  ],
  ["OPTIONS", { methods: "OPTIONS,GET" }, "methods", "belongs to CORS"],
  [
    "a method twice",
    { methods: "GET,get" },
    "methods",
    "name one method twice",
  ],
  [
    "ANY and one more",
    { methods: "ANY,GET" },
    "methods",
    "name one method twice",
  ],
  ["no method", { methods: "," }, "methods", "no method was given"],
  ["no upstream", { upstream: undefined }, "upstream", "no upstream was given"],
  ["no URL", { upstream: "api.openai.com" }, "upstream", "is no URL"],
  ["http", { upstream: "http://api.openai.com" }, "upstream", "is not https"],
  [
    "a URL with a password",
    { upstream: "https://u:p@a.example.com" },
    "upstream",
    "the upstream URL holds credentials",
  ],
  [
    "a URL with a query",
    { upstream: "https://a.example.com/?key=1" },
    "upstream",
    "has a query",
  ],
  [
    "a URL with an empty query",
    { upstream: "https://a.example.com/a?" },
    "upstream",
    "has a query",
  ],
  [
    "a URL with a fragment",
    { upstream: "https://a.example.com/#a" },
    "upstream",
    "has a fragment",
  ],
  [
    "port 0",
    { upstream: "https://a.example.com:0/" },
    "upstream",
    "a port that API Gateway does not call",
  ],
  [
    "a low port",
    { upstream: "https://a.example.com:22/" },
    "upstream",
    "a port that API Gateway does not call",
  ],
  [
    "localhost",
    { upstream: "https://localhost/v1" },
    "upstream",
    "not a public name",
  ],
  [
    "a name below localhost",
    { upstream: "https://a.localhost/v1" },
    "upstream",
    "not a public name",
  ],
  [
    "an internal name",
    { upstream: "https://metadata.google.internal" },
    "upstream",
    "not a public name",
  ],
  [
    "a single word",
    { upstream: "https://intranet/v1" },
    "upstream",
    "not a public name",
  ],
  [
    "a name that ends in a dot",
    { upstream: "https://localhost./v1" },
    "upstream",
    "not a public name",
  ],
  [
    "loopback",
    { upstream: "https://127.0.0.1/v1" },
    "upstream",
    "only a private network",
  ],
  [
    "loopback as a number",
    { upstream: "https://2130706433/v1" },
    "upstream",
    "only a private network",
  ],
  [
    "loopback in hex",
    { upstream: "https://0x7f.1/v1" },
    "upstream",
    "only a private network",
  ],
  [
    "a private address",
    { upstream: "https://10.1.2.3/v1" },
    "upstream",
    "only a private network",
  ],
  [
    "another private address",
    { upstream: "https://172.31.0.1/v1" },
    "upstream",
    "only a private network",
  ],
  [
    "a third private address",
    { upstream: "https://192.168.0.1/v1" },
    "upstream",
    "only a private network",
  ],
  [
    "the metadata service",
    { upstream: "https://169.254.169.254/latest" },
    "upstream",
    "only a private network",
  ],
  ["IPv6 loopback", { upstream: "https://[::1]/v1" }, "upstream", "IPv6"],
  [
    "IPv4 in IPv6",
    { upstream: "https://[::ffff:127.0.0.1]/" },
    "upstream",
    "IPv6",
  ],
  [
    "a placeholder in the host",
    { path: "{id}", upstream: "https://{id}.example.com" },
    "upstream",
    "placeholder in its host",
  ],
  [
    "a stage variable",
    { upstream: "https://a.example.com/${stageVariables.x}" },
    "upstream",
    "a character that is not allowed",
  ],
  [
    "dot segments in the URL",
    { upstream: "https://a.example.com/v1/../x" },
    "upstream",
    "dot segments",
  ],
  [
    "encoded dot segments",
    { upstream: "https://a.example.com/v1/%2e%2e/x" },
    "upstream",
    "dot segments",
  ],
  [
    "an empty segment in the URL",
    { upstream: "https://a.example.com//x" },
    "upstream",
    "empty segment",
  ],
  [
    "a backslash",
    { upstream: "https://a.example.com/x\\y" },
    "upstream",
    "a character that is not allowed",
  ],
  [
    "a placeholder no path fills",
    { upstream: "https://a.example.com/{id}" },
    "upstream",
    "has {id}, which the path",
  ],
  [
    "the secret itself",
    { "upstream-secret": "sk-live-abcdef" },
    "upstream-secret",
    "a value (14 characters), not as a reference",
  ],
  [
    "an ARN of something else",
    { "upstream-secret": "arn:aws:s3:::bucket" },
    "upstream-secret",
    "is not of a secret",
  ],
  [
    "a parameter's ARN",
    {
      "upstream-secret": "arn:aws:ssm:eu-west-1:111122223333:parameter/ai/key",
    },
    "upstream-secret",
    "write ssm:/ai/key",
  ],
  [
    "an ARN with a JSON key",
    {
      "upstream-secret":
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a:key::",
    },
    "upstream-secret",
    "no JSON key",
  ],
  [
    "an ARN without an account",
    { "upstream-secret": "arn:aws:secretsmanager:eu-west-1::secret:a" },
    "upstream-secret",
    "is not a secret's ARN",
  ],
  [
    "another partition",
    {
      "upstream-secret":
        "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:a",
    },
    "upstream-secret",
    "another AWS partition",
  ],
  [
    "a relative parameter",
    { "upstream-secret": "ssm:key" },
    "upstream-secret",
    '"ssm:key" names no parameter',
  ],
  [
    "a reserved parameter",
    { "upstream-secret": "ssm:/aws/key" },
    "upstream-secret",
    "names no parameter",
  ],
  [
    "a header and no secret",
    { "upstream-secret": undefined, "upstream-header": "x-api-key" },
    "upstream-header",
    "no secret to put in it",
  ],
  [
    "a header with a space",
    { "upstream-header": "x api key" },
    "upstream-header",
    "is no header name",
  ],
  [
    "a header of API Gateway",
    { "upstream-header": "x-amzn-trace-id" },
    "upstream-header",
    "sets itself",
  ],
  ["Host", { "upstream-header": "Host" }, "upstream-header", "sets itself"],
  [
    "the gate's header",
    { "upstream-header": "X-Gate-Consumer" },
    "upstream-header",
    "sets itself",
  ],
  [
    "the key after the header",
    { "upstream-header": "x-api-key: sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    "upstream-header",
    'follows "x-api-key:" is no scheme',
  ],
  [
    "a token header that never arrives",
    { "token-header": "Connection" },
    "token-header",
    "sets itself",
  ],
  [
    "a token header with another meaning",
    { "token-header": "Content-Type" },
    "token-header",
    "another meaning",
  ],
  [
    "a token header with a colon",
    { "token-header": "x-key:" },
    "token-header",
    "is no header name",
  ],
  ["no tokens", { tokens: undefined }, "tokens", "no consumer was given"],
  [
    "an empty token",
    { tokens: "team-a=" },
    "tokens",
    "line 1: the token is empty",
  ],
  [
    "a short token",
    { tokens: "team-a=abc" },
    "tokens",
    "line 1: the token (3 characters) is too short",
  ],
  [
    "a dull token",
    { tokens: `team-a=${"ab".repeat(20)}` },
    "tokens",
    "fewer than 10 different",
  ],
  [
    "a token with a space",
    { tokens: `team-a=${token} x` },
    "tokens",
    "(35 characters) has a space",
  ],
  [
    "a token with an odd character",
    { tokens: `team-a=${token}!` },
    "tokens",
    "a character that is not allowed",
  ],
  [
    "a long token",
    { tokens: `team-a=${"abcdefghij".repeat(410)}` },
    "tokens",
    "longer than 4096",
  ],
  [
    "a line without a name",
    { tokens: `team-a=${token}\n${otherToken}` },
    "tokens",
    "line 2 (33 characters) does not start with a name",
  ],
  [
    "a name with a space",
    { tokens: `team a=${token}` },
    "tokens",
    "line 1 (40 characters) does not start with a name",
  ],
  [
    "three tokens of one name",
    {
      tokens: ["1", "2", "3"].map((end) => `team-a=${token}${end}`).join("\n"),
    },
    "tokens",
    "has 3 tokens",
  ],
  [
    "the same token twice",
    { tokens: `team-a=${token}\nteam-a=${token}` },
    "tokens",
    "is given twice",
  ],
  [
    "one token for two",
    { tokens: `team-a=${token}\nteam-b=${token}` },
    "tokens",
    'of "team-b" is also a token of "team-a"',
  ],
  [
    "a tag without a value",
    { tags: "team" },
    "tags",
    'line 1: "team" is no tag',
  ],
  ["a tag without a key", { tags: "=ai" }, "tags", "has no key"],
  [
    "an AWS tag",
    { tags: "ok=1\nAWS:x=1" },
    "tags",
    'line 2: "AWS:x" starts with aws:',
  ],
  [
    "a tag of the action",
    { tags: "ai-gate:stack=x" },
    "tags",
    "keeps for itself",
  ],
  ["a tag twice", { tags: "a=1\nA=2" }, "tags", "given twice"],
  ["a long tag", { tags: `a=${"x".repeat(257)}` }, "tags", "at most 128"],
  ["a tag with an odd character", { tags: "a=1;2" }, "tags", "does not allow"],
  [
    "too many tags",
    {
      tags: Array.from({ length: 41 }, (_, index) => `t${index}=1`).join("\n"),
    },
    "tags",
    "41 tags are too many",
  ],
  [
    "a runtime and no authorizer",
    { "authorizer-runtime": "python3.13" },
    "authorizer-runtime",
    "none is in use",
  ],
];

test.each(cases)("%s is one problem", (_what, inputs, where, message) => {
  const problems = problemsOf(sourceOf({ ...goodInputs, ...inputs }));
  expect(problems).toEqual([
    { where, message: expect.stringContaining(message) as string },
  ]);
});

describe("with the user's own authorizer", () => {
  const custom: SimpleInputs = {
    ...goodInputs,
    tokens: undefined,
    "upstream-secret": undefined,
    authorizer: "./authorizer",
  };
  const workspace = workspaceOf({
    "authorizer/authorizer.py": pythonHandler,
    "leaky/authorizer.py": pythonHandler,
    "leaky/.env": "",
    "leaky/keys/id_rsa": "",
    "leaky/tls/server.pem": "",
    "leaky/.git/config": "",
    "typescript/authorizer.ts": "",
  });

  const customCases: Case[] = [
    [
      "tokens",
      { tokens: `a=${token}` },
      "tokens",
      "a custom authorizer knows its callers itself",
    ],
    [
      "an absolute directory",
      { authorizer: "/etc" },
      "authorizer",
      "not relative",
    ],
    [
      "a directory outside",
      { authorizer: "../authorizer" },
      "authorizer",
      "leads out of the workspace",
    ],
    [
      "a directory outside in the middle",
      { authorizer: "a/../../b" },
      "authorizer",
      "leads out of the workspace",
    ],
    [
      "the whole workspace",
      { authorizer: "./" },
      "authorizer",
      "is the whole workspace",
    ],
    ["a Windows path", { authorizer: "a\\b" }, "authorizer", "not relative"],
    [
      "a missing directory",
      { authorizer: "missing" },
      "authorizer",
      'there is no directory "missing"',
    ],
    [
      "secrets in the directory",
      { authorizer: "leaky" },
      "authorizer",
      '".env", "keys/id_rsa", "tls/server.pem", ".git/config"',
    ],
    [
      "no file for the handler",
      { "authorizer-handler": "main.handler" },
      "authorizer-handler",
      "has no main.js, main.mjs, main.cjs or main.py",
    ],
    [
      "a language Lambda does not run",
      { authorizer: "typescript" },
      "authorizer",
      "has no authorizer.js",
    ],
    [
      "a handler without a function",
      { "authorizer-handler": "authorizer" },
      "authorizer-handler",
      '"authorizer" is no handler',
    ],
    [
      "a handler outside",
      { "authorizer-handler": "../authorizer.handler" },
      "authorizer-handler",
      "is no handler",
    ],
    [
      "an old runtime",
      { "authorizer-runtime": "python3.8" },
      "authorizer-runtime",
      '"python3.8" is no runtime the gate knows',
    ],
    [
      "a runtime of another language",
      { "authorizer-runtime": "nodejs24.x" },
      "authorizer",
      "has no authorizer.js, authorizer.mjs or authorizer.cjs",
    ],
  ];

  test.each(customCases)("%s is a problem", (_what, inputs, where, message) => {
    const problems = problemsOf(
      sourceOf({ ...custom, ...inputs }, undefined, workspace),
    );
    expect(problems[0]).toEqual({
      where,
      message: expect.stringContaining(message) as string,
    });
    expect(
      problems.every(
        (problem) =>
          problem.where.startsWith("auth") || problem.where === where,
      ),
    ).toBe(true);
  });
});

test("all problems come at once, in the order of the inputs", () => {
  const problems = problemsOf(
    sourceOf({
      region: "nowhere",
      path: "a b",
      methods: "BREW",
      upstream: "http://x",
      "upstream-secret": "hunter2",
      tokens: "a=b",
      tags: "x",
      "stage-name": "?",
    }),
  );
  expect(problems.map(({ where }) => where)).toEqual([
    "stack",
    "region",
    "stage-name",
    "upstream",
    "upstream-secret",
    "path",
    "methods",
    "tokens",
    "tags",
  ]);
});

test("no problem ever shows a token or a secret", () => {
  const secret = "sk-canary-0123456789-ABCDEFGHIJ";
  const places: SimpleInputs[] = [
    { tokens: secret },
    { tokens: `team=${secret}` },
    { tokens: `${secret}=` },
    { tokens: `${secret}=${secret} x` },
    { tokens: `a b=${secret}${secret}` },
    { tokens: `a=${secret}${secret}\nb=${secret}${secret}` },
    { "upstream-secret": secret },
    { "upstream-header": `Authorization: Bearer ${secret}` },
    { upstream: `https://user:${secret}@example.com` },
  ];
  for (const inputs of places) {
    const problems = problemsOf(sourceOf({ ...goodInputs, ...inputs }));
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain("canary");
  }
});
