// Lambda functions, SageMaker endpoints and mocks: what the config says of them, and what it may not.
import {
  fewInputs,
  gateOf,
  printedProblems,
  problemsOf,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";
import { parseGate } from "../../../src/config/parse-gate.ts";

const inputs = { ...fewInputs, tokens: `ci=${token}` };
const arn = "arn:aws:lambda:eu-west-1:111122223333:function:tool";
const source = (upstream: string, route = "path: /a", more = "") =>
  sourceOf(
    inputs,
    `${more}
upstreams: { a: ${upstream} }
routes: [{ ${route}, upstream: a }]`,
  );
const parsed = (...given: Parameters<typeof source>) =>
  gateOf(source(...given));

test.each([
  [`{ kind: lambda, arn: "${arn}" }`, { kind: "lambda", functionArn: arn }],
  [
    `{ kind: lambda, arn: "${arn}:live" }`,
    { kind: "lambda", functionArn: `${arn}:live` },
  ],
  [
    `{ kind: lambda, arn: "${arn}:7" }`,
    { kind: "lambda", functionArn: `${arn}:7` },
  ],
  [
    "{ kind: sagemaker, endpoint: Scorer-v2 }",
    { kind: "sagemaker", endpoint: "Scorer-v2" },
  ],
  [
    '{ kind: mock, body: "hello \\"you\\"", content-type: text/plain, status: 429 }',
    {
      kind: "mock",
      body: 'hello "you"',
      contentType: "text/plain",
      status: 429,
    },
  ],
  [
    '{ kind: mock, body: { price: "$5 #1", list: [1, true, null] } }',
    {
      kind: "mock",
      body: String.raw`{"price":"\u00245 \u00231","list":[1,true,null]}`,
      contentType: "application/json",
      status: 200,
    },
  ],
])("%s", (upstream, expected) => {
  expect(parsed(upstream).upstreams).toEqual([
    { name: "a", ...expected, tokenHeaders: ["Authorization"] },
  ]);
});

test("a mock answers as a chat completion unless told otherwise", () => {
  const [mock] = parsed("{ kind: mock }").upstreams;
  const { body = "" } = mock as { body?: string };
  expect(JSON.parse(body)).toMatchObject({
    object: "chat.completion",
    choices: [{ message: { role: "assistant" }, finish_reason: "stop" }],
  });
  expect(body).not.toMatch(/[$#]/);
});

test("the user's token headers count for these too", () => {
  expect(
    parsed("{ kind: mock }", "path: /a", "token-header: x-gate-key")
      .upstreams[0]?.tokenHeaders,
  ).toEqual(["x-gate-key"]);
});

const lambda = `{ kind: lambda, arn: "${arn}" }`;
const endpoint = "{ kind: sagemaker, endpoint: scorer }";
const whole = { stream: false, timeout: 29 };

test.each<[string, string, string, object]>([
  ["a function", lambda, "path: /a", whole],
  [
    "a function that streams",
    lambda,
    "path: /a, stream: true",
    { stream: true, timeout: 900 },
  ],
  [
    "one for a minute",
    lambda,
    "path: /a, stream: true, timeout: 60",
    { stream: true, timeout: 60 },
  ],
  ["an endpoint", endpoint, "path: /a", { ...whole, methods: ["POST"] }],
  [
    "an endpoint, written out",
    endpoint,
    "path: /a, methods: [post], stream: false, timeout: 5",
    { stream: false, timeout: 5, methods: ["POST"] },
  ],
  ["a mock", "{ kind: mock }", 'path: "/{proxy+}", methods: [ANY]', whole],
  [
    "a URL",
    "{ url: https://a.example.com }",
    "path: /a",
    { stream: true, timeout: 900 },
  ],
])("a route to %s", (_name, upstream, route, expected) => {
  expect(parsed(upstream, route).routes).toMatchObject([expected]);
});

test("an endpoint does not see a path's parameters, which is odd; a mock looks at nothing", () => {
  const warnings = (upstream: string) => {
    const result = parseGate(source(upstream, 'path: "/teams/{team}"'));
    return "warnings" in result
      ? result.warnings.map((one) => one.message)
      : [];
  };
  expect(warnings(endpoint)).toEqual([
    expect.stringContaining("does not see the parameters"),
  ]);
  expect(warnings("{ kind: mock }")).toEqual([]);
});

test.each([
  [endpoint, 2, 1],
  ["{ kind: mock }", 2, 1],
  [endpoint, 1, 0],
  [lambda, 2, 0],
])("%s with %i origins warns %i times", (upstream, origins, times) => {
  const all = ["https://a.example.com", "https://b.example.com"];
  const cors = `cors: { origins: [${all.slice(0, origins).join(", ")}] }`;
  const result = parseGate(source(upstream, "path: /a", cors));
  expect("warnings" in result && result.warnings).toHaveLength(times);
});

const bad: Readonly<Record<string, Parameters<typeof source>>> = {
  "a function without ARN": ["{ kind: lambda }"],
  "a function by name": ["{ kind: lambda, arn: tool }"],
  "a function's newest": [`{ kind: lambda, arn: "${arn}:$LATEST" }`],
  "an invoke ARN": [
    `{ kind: lambda, arn: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations" }`,
  ],
  "a stage variable": [
    '{ kind: lambda, arn: "arn:aws:lambda:eu-west-1:111122223333:function:${stageVariables.f}" }',
  ],
  "a function of another region": [
    `{ kind: lambda, arn: "${arn.replace("eu-west-1", "us-east-1")}" }`,
  ],
  "a function of another partition": [
    `{ kind: lambda, arn: "${arn.replace("aws:lambda:eu-west-1", "aws-cn:lambda:cn-north-1")}" }`,
  ],
  "a function with what is sent to URLs": [
    `{ kind: lambda, arn: "${arn}", url: https://a.example.com, header: x-api-key, secret: "ssm:/k", headers: { a: b }, query: { c: d } }`,
  ],
  "a function with a body": [`{ kind: lambda, arn: "${arn}", body: x }`],
  "a function behind a cache": [lambda, "path: /a", "auth: { cache-ttl: 60 }"],
  "a function for 30 seconds": [lambda, "path: /a, timeout: 30"],
  "no endpoint": ["{ kind: sagemaker }"],
  "an endpoint by ARN": [
    '{ kind: sagemaker, endpoint: "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/scorer" }',
  ],
  "an endpoint that leads elsewhere": [
    '{ kind: sagemaker, endpoint: "../endpoints/other" }',
  ],
  "an endpoint with a secret": [
    '{ kind: sagemaker, endpoint: scorer, secret: "ssm:/k" }',
  ],
  "an endpoint by GET": [endpoint, "path: /a, methods: [GET, POST]"],
  "an endpoint that streams": [endpoint, "path: /a, stream: true"],
  "an endpoint for 60 seconds": [endpoint, "path: /a, timeout: 60"],
  "an endpoint with a path": [endpoint, 'path: "/score/{proxy+}"'],
  "a mock with a URL": ["{ kind: mock, url: https://a.example.com }"],
  "a mock that streams": ["{ kind: mock }", "path: /a, stream: true"],
  "a mock with Velocity": ['{ kind: mock, body: "#set($a = 1)" }'],
  "a mock with a reference": [
    '{ kind: mock, body: "$context.authorizer.credential" }',
  ],
  "a mock without a body": ['{ kind: mock, body: "" }'],
  "a mock of 10,001 characters": [
    `{ kind: mock, body: ${"x".repeat(10_001)} }`,
  ],
  "a mock with a control character": [
    String.raw`{ kind: mock, body: "a\u0000b" }`,
  ],
  "a mock with a list": ["{ kind: mock, body: [1] }"],
  "a mock with an odd status": ["{ kind: mock, status: 99 }"],
  "a mock with a header in its type": [
    '{ kind: mock, content-type: "text/plain; charset=utf-8" }',
  ],
  "a mock of bytes": ["{ kind: mock, content-type: image/png }"],
  "a URL with keys of the others": [
    `{ url: https://a.example.com, arn: "${arn}", endpoint: x, body: x, status: 200, content-type: text/plain }`,
  ],
  "an unknown kind": ["{ kind: lamda }"],
};

test.each(Object.entries(bad))("%s", (_name, given) => {
  const problems = problemsOf(source(...given));
  expect(problems).not.toEqual([]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

describe("allowed-secrets", () => {
  const problemsWith = (upstream: string, allowed: string) =>
    problemsOf({
      ...source(upstream),
      inputs: { ...inputs, "allowed-secrets": allowed },
    });
  const aliased = arn.replace(/(function:[^:]*).*/, "$1:live");
  const named = aliased.replace(/:live$/, "");

  test.each([
    [`{ kind: lambda, arn: "${named}" }`, named],
    [`{ kind: lambda, arn: "${aliased}" }`, named],
    [`{ kind: lambda, arn: "${aliased}" }`, aliased],
    [`{ kind: lambda, arn: "${named}" }`, named.replace(/:[^:]*$/, ":")],
    ["{ kind: sagemaker, endpoint: scorer }", "sagemaker:scorer"],
    ["{ kind: sagemaker, endpoint: scorer }", "ssm:/ai/, sagemaker:"],
    ["{ kind: mock }", "ssm:/ai/"],
  ])("%s is allowed by %s", (upstream, allowed) => {
    expect(problemsWith(upstream, allowed)).toEqual([]);
  });

  test.each([
    [`{ kind: lambda, arn: "${named}" }`, "ssm:/ai/"],
    [`{ kind: lambda, arn: "${named}" }`, aliased],
    [`{ kind: lambda, arn: "${named}x" }`, named],
    ["{ kind: sagemaker, endpoint: payroll }", "ssm:/ai/"],
    ["{ kind: sagemaker, endpoint: scorers }", "sagemaker:scorer"],
  ])("%s is not allowed by %s", (upstream, allowed) => {
    expect(
      problemsWith(upstream, allowed).map(({ message }) => message),
    ).toEqual([expect.stringContaining("is not allowed by `allowed-secrets`")]);
  });
});
