// What the kind of an upstream gives it, and what the config says otherwise.
import { upstreamKinds } from "../../../src/gate/upstream-kinds.ts";
import {
  fewInputs,
  gateOf,
  printedProblems,
  problemsOf,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";

const inputs = { ...fewInputs, tokens: `ci=${token}` };
const configOf = (upstream: string, more = "") => `${more}
upstreams: { a: ${upstream} }
routes: [{ path: "/a/{proxy+}", upstream: a }]`;
const parsed = (upstream: string, more?: string) =>
  gateOf(sourceOf(inputs, configOf(upstream, more)));
const upstreamIn = (upstream: string, more?: string) =>
  parsed(upstream, more).upstreams[0];

test.each([
  [
    "http",
    ", url: https://ai.example.com",
    "https://ai.example.com",
    ["Authorization", "Bearer "],
    ["Authorization"],
    {},
  ],
  [
    "openai",
    "",
    "https://api.openai.com/v1",
    ["Authorization", "Bearer "],
    ["Authorization"],
    {},
  ],
  [
    "anthropic",
    "",
    "https://api.anthropic.com",
    ["x-api-key", ""],
    ["x-api-key", "Authorization"],
    { "anthropic-version": "2023-06-01" },
  ],
  [
    "azure-openai",
    ", url: https://r.openai.azure.com/openai",
    "https://r.openai.azure.com/openai",
    ["api-key", ""],
    ["api-key", "Authorization"],
    {},
  ],
  [
    "gemini",
    "",
    "https://generativelanguage.googleapis.com",
    ["x-goog-api-key", ""],
    ["x-goog-api-key", "Authorization"],
    {},
  ],
  [
    "mcp",
    ", url: https://ai.example.com",
    "https://ai.example.com",
    ["Authorization", "Bearer "],
    ["Authorization"],
    {},
  ],
])("%s", (kind, more, url, [header, prefix], tokenHeaders, headers) => {
  const gate = parsed(`{ kind: ${kind}${more}, secret: "ssm:/k" }`);
  expect(gate.tokenHeaders).toEqual(tokenHeaders);
  expect(gate.upstreams).toEqual([
    {
      name: "a",
      kind,
      url,
      credential: { header, prefix, secret: { store: "ssm", name: "/k" } },
      tokenHeaders,
      headers,
      query: {},
    },
  ]);
});

test("every kind has a row above, or a file of its own", () => {
  expect(Object.keys(upstreamKinds)).toHaveLength(7);
});

test("what is written counts, whatever the kind", () => {
  expect(
    upstreamIn(
      '{ kind: anthropic, url: https://proxy.example.com, header: "Authorization: Bearer", secret: "ssm:/k", headers: { Anthropic-Version: "2099-01-01" } }',
      "token-header: x-gate-key",
    ),
  ).toMatchObject({
    url: "https://proxy.example.com",
    credential: { header: "Authorization", prefix: "Bearer " },
    tokenHeaders: ["x-gate-key"],
    headers: { "Anthropic-Version": "2099-01-01" },
  });
});

test("the gate's token headers are those of all its upstreams", () => {
  const text = `
upstreams: { a: { kind: anthropic }, b: { kind: openai }, c: { kind: gemini } }
routes: [{ path: /a, upstream: a }, { path: /b, upstream: b }, { path: /c, upstream: c }]`;
  const gate = gateOf(sourceOf(inputs, text));
  expect(gate.tokenHeaders).toEqual([
    "x-api-key",
    "Authorization",
    "x-goog-api-key",
  ]);
  expect(gate.upstreams.map(({ tokenHeaders }) => tokenHeaders[0])).toEqual([
    "x-api-key",
    "Authorization",
    "x-goog-api-key",
  ]);
});

test("a static query is kept as it is", () => {
  expect(
    upstreamIn(
      '{ kind: azure-openai, url: https://r.openai.azure.com/openai, query: { api-version: "2024-10-21" } }',
    ),
  ).toMatchObject({ query: { "api-version": "2024-10-21" } });
});

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ai/keys";

test.each([
  ["ssm:/k#api_key", { store: "ssm", name: "/k", key: "api_key" }],
  ["ssm:/k:3", { store: "ssm", name: "/k", version: "3" }],
  [
    "ssm:/k:live#a.b",
    { store: "ssm", name: "/k", version: "live", key: "a.b" },
  ],
  [`${arn}#azure`, { store: "secrets-manager", arn, key: "azure" }],
  [
    `${arn}:AWSPREVIOUS#a#b`,
    { store: "secrets-manager", arn, version: "AWSPREVIOUS", key: "a#b" },
  ],
  [
    `${arn}:01234567-89ab-cdef-0123-456789abcdef`,
    {
      store: "secrets-manager",
      arn,
      version: "01234567-89ab-cdef-0123-456789abcdef",
    },
  ],
])("the secret %s", (secret, expected) => {
  expect(upstreamIn(`{ kind: openai, secret: "${secret}" }`)).toMatchObject({
    credential: { secret: expected },
  });
});

test("versions and keys do not widen what is allowed", () => {
  const source = sourceOf(
    { ...inputs, "allowed-secrets": "ssm:/ai/" },
    configOf('{ kind: openai, secret: "ssm:/other:/ai/#/ai/" }'),
  );
  expect(problemsOf(source)).toHaveLength(1);
  const allowed = sourceOf(
    { ...inputs, "allowed-secrets": "ssm:/ai/" },
    configOf('{ kind: openai, secret: "ssm:/ai/k:3#key" }'),
  );
  expect(gateOf(allowed).upstreams).toHaveLength(1);
  const reserved = sourceOf(
    inputs,
    configOf('{ kind: openai, secret: "ssm:/ai-gate/state-passphrase:1#x" }'),
  );
  expect(problemsOf(reserved)).toHaveLength(1);
});

test.each([
  ["an unknown kind", "{ kind: open-ai, url: https://a.example.com }"],
  ["a kind without a URL of its own", "{ kind: azure-openai }"],
  ["no kind and no URL", "{ headers: { x-team: a } }"],
  ["a query with a quote", `{ kind: openai, query: { a: "it's" } }`],
  ["a query with a dollar", '{ kind: openai, query: { a: "$context.x" } }'],
  ["a query with an odd name", '{ kind: openai, query: { "a b": "1" } }'],
  ["an empty value of a query", '{ kind: openai, query: { a: "" } }'],
  ["a number in a query", "{ kind: openai, query: { a: 1 } }"],
  ["an empty key of a secret", '{ kind: openai, secret: "ssm:/k#" }'],
  ["a key with a space", '{ kind: openai, secret: "ssm:/k#a b" }'],
  ["an empty version", '{ kind: openai, secret: "ssm:/k:" }'],
  ["two versions", `{ kind: openai, secret: "${arn}:a:b" }`],
  ["a form of Amazon ECS", `{ kind: openai, secret: "${arn}:key::" }`],
])("%s is refused with one problem", (_, upstream) => {
  const problems = problemsOf(sourceOf(inputs, configOf(upstream)));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  ["a cache", "auth: { cache-ttl: 60 }"],
  ["an authorizer of the type token", "auth: { mode: custom, directory: own }"],
])("%s needs one header, where the kind has two", (_, more) => {
  const source = sourceOf(
    { ...inputs, ...(more.includes("custom") && { tokens: "" }) },
    configOf("{ kind: anthropic }", more),
    {
      directory: () => [{ path: "authorizer.py", bytes: 1 }],
      file: () => "def handler(event, context): pass",
    },
  );
  const problems = problemsOf(source);
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});
