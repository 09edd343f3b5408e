import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import {
  goodInputs,
  otherToken,
  printedProblems,
  problemsOf,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

type Cases = Readonly<Record<string, SimpleInputs>>;

/** Each is the good inputs with something changed, and the one problem that must come of it. */
const cases: Cases = {
  "no stack": { stack: undefined },
  "a stack with a slash": { stack: "a/b/c" },
  "a long stack": { stack: "s".repeat(101) },
  "no region": { region: undefined },
  "a bad region": { region: "europe" },
  "a region with a zone": { region: "eu-west-1a" },
  "a stage with a space": { "stage-name": "my stage" },
  "the console's stage": { "stage-name": "test-invoke-stage" },
  "a path with a space": { path: "a b" },
  "a path with dot segments": { path: "a/../b" },
  "a path with a dot": { path: "./a" },
  "an empty segment": { path: "a//b" },
  "only a slash": { path: "/" },
  "a query in the path": { path: "a?b=c" },
  "an odd character": { path: "a/b*c" },
  "half a parameter": { path: "a/x{b}" },
  "a percent sign": { path: "a/%2e%2e" },
  "greedy in the middle": { path: "{proxy+}/a" },
  "a parameter twice": { path: "{a}/{a}" },
  "the gate's health path": { path: "/healthz" },
  "API Gateway's ping": { path: "ping" },
  "API Gateway's sping": { path: "/sping" },
  "a path of 2,000 characters": { path: "a/".repeat(1_000) },
  "101 segments": { path: "a/".repeat(101) },
  "a long segment": { path: "a".repeat(129) },
  "an unknown method": { methods: "GET,FETCH" },
  OPTIONS: { methods: "OPTIONS,GET" },
  "a method twice": { methods: "GET,get" },
  "ANY and one more": { methods: "ANY,GET" },
  "no method": { methods: "," },
  "no upstream": { upstream: undefined },
  "no URL": { upstream: "api.openai.com" },
  http: { upstream: "http://api.openai.com" },
  "a URL with a password": { upstream: "https://u:p@a.example.com" },
  "a URL with a query": { upstream: "https://a.example.com/?key=1" },
  "a URL with an empty query": { upstream: "https://a.example.com/a?" },
  "a URL with a fragment": { upstream: "https://a.example.com/#a" },
  "port 0": { upstream: "https://a.example.com:0/" },
  "a low port": { upstream: "https://a.example.com:22/" },
  localhost: { upstream: "https://localhost/v1" },
  "a name below localhost": { upstream: "https://a.localhost/v1" },
  "an internal name": { upstream: "https://metadata.google.internal" },
  "a single word": { upstream: "https://intranet/v1" },
  "a name that ends in a dot": { upstream: "https://localhost./v1" },
  loopback: { upstream: "https://127.0.0.1/v1" },
  "loopback as a number": { upstream: "https://2130706433/v1" },
  "loopback in hex": { upstream: "https://0x7f.1/v1" },
  "a private address": { upstream: "https://10.1.2.3/v1" },
  "another private address": { upstream: "https://172.31.0.1/v1" },
  "a third private address": { upstream: "https://192.168.0.1/v1" },
  "the metadata service": { upstream: "https://169.254.169.254/latest" },
  "IPv6 loopback": { upstream: "https://[::1]/v1" },
  "IPv4 in IPv6": { upstream: "https://[::ffff:127.0.0.1]/" },
  "a placeholder in the host": {
    path: "{id}",
    upstream: "https://{id}.example.com",
  },
  "a stage variable": { upstream: "https://a.example.com/${stageVariables.x}" },
  "dot segments in the URL": { upstream: "https://a.example.com/v1/../x" },
  "encoded dot segments": { upstream: "https://a.example.com/v1/%2e%2e/x" },
  "an empty segment in the URL": { upstream: "https://a.example.com//x" },
  "a backslash": { upstream: "https://a.example.com/x\\y" },
  "a placeholder no path fills": { upstream: "https://a.example.com/{id}" },
  "the secret itself": { "upstream-secret": "sk-live-abcdef" },
  "an ARN of something else": { "upstream-secret": "arn:aws:s3:::bucket" },
  "a parameter's ARN": {
    "upstream-secret": "arn:aws:ssm:eu-west-1:111122223333:parameter/ai/key",
  },
  "an ARN with a JSON key": {
    "upstream-secret":
      "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a:key::",
  },
  "an ARN without an account": {
    "upstream-secret": "arn:aws:secretsmanager:eu-west-1::secret:a",
  },
  "another partition": {
    "upstream-secret":
      "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:a",
  },
  "a relative parameter": { "upstream-secret": "ssm:key" },
  "a reserved parameter": { "upstream-secret": "ssm:/aws/key" },
  "an unknown kind": { "upstream-kind": "openai-compatible" },
  "a kind without a URL of its own": {
    "upstream-kind": "azure-openai",
    upstream: undefined,
  },
  "a header and no secret": {
    "upstream-secret": undefined,
    "upstream-header": "x-api-key",
  },
  "a header with a space": { "upstream-header": "x api key" },
  "a header of API Gateway": { "upstream-header": "x-amzn-trace-id" },
  Host: { "upstream-header": "Host" },
  "the gate's header": { "upstream-header": "X-Gate-Consumer" },
  "the key after the header": {
    "upstream-header": "x-api-key: sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  },
  "a token header that never arrives": { "token-header": "Connection" },
  "a token header with another meaning": { "token-header": "Content-Type" },
  "a token header with a colon": { "token-header": "x-key:" },
  "no tokens": { tokens: undefined },
  "an empty token": { tokens: "team-a=" },
  "a short token": { tokens: "team-a=abc" },
  "a dull token": { tokens: `team-a=${"ab".repeat(20)}` },
  "a token with a space": { tokens: `team-a=${token} x` },
  "a token with an odd character": { tokens: `team-a=${token}!` },
  "a long token": { tokens: `team-a=${"abcdefghij".repeat(410)}` },
  "a line without a name": { tokens: `team-a=${token}\n${otherToken}` },
  "a name with a space": { tokens: `team a=${token}` },
  "three tokens of one name": {
    tokens: ["1", "2", "3"].map((end) => `team-a=${token}${end}`).join("\n"),
  },
  "the same token twice": { tokens: `team-a=${token}\nteam-a=${token}` },
  "one token for two": { tokens: `team-a=${token}\nteam-b=${token}` },
  "a tag without a value": { tags: "team" },
  "a tag without a key": { tags: "=ai" },
  "an AWS tag": { tags: "ok=1\nAWS:x=1" },
  "a tag of the action": { tags: "ai-gate:stack=x" },
  "a tag twice": { tags: "a=1\nA=2" },
  "a long tag": { tags: `a=${"x".repeat(257)}` },
  "a tag with an odd character": { tags: "a=1;2" },
  "too many tags": {
    tags: Array.from({ length: 41 }, (_, index) => `t${index}=1`).join("\n"),
  },
  "a runtime and no authorizer": { "authorizer-runtime": "python3.13" },
};

test.each(Object.entries(cases))(
  "%s is refused with one problem",
  (_what, inputs) => {
    const problems = problemsOf(sourceOf({ ...goodInputs, ...inputs }));
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
  },
);

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

  const customCases: Cases = {
    tokens: { tokens: `a=${token}` },
    "an absolute directory": { authorizer: "/etc" },
    "a directory outside": { authorizer: "../authorizer" },
    "a directory outside in the middle": { authorizer: "a/../../b" },
    "the whole workspace": { authorizer: "./" },
    "a Windows path": { authorizer: "a\\b" },
    "a missing directory": { authorizer: "missing" },
    "secrets in the directory": { authorizer: "leaky" },
    "no file for the handler": { "authorizer-handler": "main.handler" },
    "a language Lambda does not run": { authorizer: "typescript" },
    "a handler without a function": { "authorizer-handler": "authorizer" },
    "a handler outside": { "authorizer-handler": "../authorizer.handler" },
    "an old runtime": { "authorizer-runtime": "python3.8" },
    "a runtime of another language": { "authorizer-runtime": "nodejs24.x" },
  };

  test.each(Object.entries(customCases))("%s is refused", (_what, inputs) => {
    const problems = problemsOf(
      sourceOf({ ...custom, ...inputs }, undefined, workspace),
    );
    expect(problems).not.toEqual([]);
    expect(printedProblems(problems)).toMatchSnapshot();
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
