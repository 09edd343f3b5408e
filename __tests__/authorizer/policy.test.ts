// The policy of a consumer, judged by a small reading of how IAM evaluates it.
import {
  buildPolicy,
  parseStageArn,
  type PolicyDocument,
} from "../../authorizer/policy.ts";
import { invocation, methodArn, stageArn } from "./fixtures.ts";

/** IAM: `*` is any text, slashes included, `?` one character; an explicit Deny beats every Allow. */
function isAllowed(policy: PolicyDocument, arn: string): boolean {
  const hit = (effect: string) =>
    policy.Statement.some(
      ({ Effect, Resource }) =>
        Effect === effect &&
        [Resource].flat().some((pattern) => matches(pattern, arn)),
    );
  return hit("Allow") && !hit("Deny");
}

function matches(pattern: string, arn: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  return new RegExp(`^${source}$`).test(arn);
}

const functionArnOf = (arn: string) =>
  arn.split(":").slice(0, 5).join(":").replace("execute-api", "lambda") +
  ":function:gate";

const base = "arn:aws:execute-api:eu-west-1:111122223333:abc123def4";

test.each([
  [methodArn, stageArn],
  [`${base}/v1/GET/`, `${base}/v1/`],
  [`${base}/v1/GET`, `${base}/v1/`],
  [`${base}/v1/GET/a:b/c?d=*`, `${base}/v1/`],
  [
    "arn:aws-cn:execute-api:cn-north-1:111122223333:abc/v1/GET/x",
    "arn:aws-cn:execute-api:cn-north-1:111122223333:abc/v1/",
  ],
  [
    "arn:aws-us-gov:execute-api:us-gov-west-1:000000000000:abc/v1/GET/x",
    "arn:aws-us-gov:execute-api:us-gov-west-1:000000000000:abc/v1/",
  ],
  [
    "arn:aws-iso-b:execute-api:us-isob-east-1:111122223333:abc/v1/GET/x",
    "arn:aws-iso-b:execute-api:us-isob-east-1:111122223333:abc/v1/",
  ],
  [
    "arn:aws-eusc:execute-api:eusc-de-east-1:111122223333:abc/v1/GET/x",
    "arn:aws-eusc:execute-api:eusc-de-east-1:111122223333:abc/v1/",
  ],
  [
    "arn:aws:execute-api:ap-southeast-2:111122223333:abc/v1/GET/x",
    "arn:aws:execute-api:ap-southeast-2:111122223333:abc/v1/",
  ],
  [
    "arn:aws:execute-api:eu-west-10:111122223333:abc/v1/GET/x",
    "arn:aws:execute-api:eu-west-10:111122223333:abc/v1/",
  ],
])("%s is on the stage", (arn, expected) => {
  expect(parseStageArn(arn, "v1", functionArnOf(expected))).toBe(expected);
});

test.each([
  ["2.4 #27", `${base}/v1/*/x`],
  ["2.4 #27", `${base}/v1//x`],
  ["2.4 #27", `${base}/v1/`],
  ["2.4 #27", `${base}/v1/GETx/y`],
  ["2.4 #27", `${base}/v1/get/x`],
  ["2.4 #27", `${base}/v1/GET:x`],
  ["2.4 #27", `${base}/v1/${"G".repeat(17)}/x`],
  ["2.4 #27", `${base}//GET/x`],
  ["2.4 #27", base],
  ["2.4 #27", `arn:aws:execute-api:eu-west-x:111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:EU-west-1:111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-1:111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws-:execute-api:eu-west-1:111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws-CN:execute-api:eu-west-1:111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws-us-GOV:execute-api:eu-west-1:111122223333:a/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:11112222333x:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:*:111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:*:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:111122223333:*/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:111122223333:ab?/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:111122223333:ABC/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:11112222333:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api:eu-west-1:1111222233334:abc/v1/GET/x`],
  ["2.4 #27", `arn:aws:execute-api::111122223333:abc/v1/GET/x`],
  ["2.4 #27", `arn:*:execute-api:eu-west-1:111122223333:abc/v1/GET/x`],
  [
    "2.4 #27",
    `arn:aws-evil-partition:execute-api:eu-west-1:111122223333:abc/v1/GET/x`,
  ],
  ["2.4 #27", `arn:aws:lambda:eu-west-1:111122223333:abc/v1/GET/x`],
  ["2.4 #27", ` ${methodArn}`],
  ["2.4 #27", `x\n${methodArn}`],
  ["2.4 #31", `${base}/v1/GET/${"x".repeat(1600)}`],
  ["2.4 #27", ""],
  ["2.4 #27", undefined],
  ["2.4 #27", null],
  ["2.4 #27", [methodArn]],
  ["2.4 #27", {}],
])("%s %j is malformed", (_, arn) => {
  expect(() => parseStageArn(arn, "v1", invocation.invokedFunctionArn)).toThrow(
    /^(method-arn-malformed|stage-mismatch)$/,
  );
});

test.each([
  ["another account", "arn:aws:lambda:eu-west-1:999922223333:function:gate"],
  ["another region", "arn:aws:lambda:eu-west-2:111122223333:function:gate"],
  ["another partition", "arn:aws-cn:lambda:eu-west-1:111122223333:function:g"],
  ["another service", "arn:aws:iam:eu-west-1:111122223333:function:gate"],
  [
    "an account that only begins alike",
    "arn:aws:lambda:eu-west-1:1111222233334:function:gate",
  ],
  ["text in front", " arn:aws:lambda:eu-west-1:111122223333:function:gate"],
  ["nothing", ""],
  ["no text", undefined],
])("2.4 #38 a function of %s refuses the call", (_, functionArn) => {
  expect(() => parseStageArn(methodArn, "v1", functionArn)).toThrow(
    /^method-arn-foreign$/,
  );
});

test.each([
  "v2",
  "*",
  "v1*",
  "V1",
  "",
  "test-invoke-stage",
  "v1/v1",
  "v%31",
  "$default",
])("2.4 #29 a call of stage %j is refused", (stage) => {
  expect(() =>
    parseStageArn(
      `${base}/${stage}/GET/x`,
      "v1",
      invocation.invokedFunctionArn,
    ),
  ).toThrow(/^(method-arn-malformed|stage-mismatch)$/);
});

test("2.4 #26 #27 the policy is the same whatever is called", () => {
  const called = [
    methodArn,
    `${base}/v1/GET/*`,
    `${base}/v1/POST/*/?`,
    `${base}/v1/DELETE/admin`,
  ];
  const policies = called.map((arn) =>
    buildPolicy(parseStageArn(arn, "v1", invocation.invokedFunctionArn), [
      "GET/score",
    ]),
  );
  expect(new Set(policies.map((policy) => JSON.stringify(policy))).size).toBe(
    1,
  );
  expect(policies[0]!.Statement).toEqual([
    {
      Action: "execute-api:Invoke",
      Effect: "Allow",
      Resource: [`${stageArn}GET/score`],
    },
  ]);
});

const policy = buildPolicy(stageArn, [
  "POST/openai/*",
  "GET/score",
  "GET/jobs/*/result",
]);

test.each([
  "POST/openai/chat/completions",
  "POST/openai/",
  "POST/openai/v1/models/gpt-4.1",
  "POST/openai/a.b/..c".replace("/..c", "/c.."),
  "POST/openai/*",
  "GET/score",
  "GET/jobs/1/result",
])("%s is allowed", (suffix) => {
  expect(isAllowed(policy, stageArn + suffix)).toBe(true);
});

test.each([
  ["2.4 #26 another route", `${stageArn}GET/admin`],
  ["2.4 #26 another method", `${stageArn}GET/openai/chat`],
  ["2.4 #26 another method", `${stageArn}POST/score`],
  ["2.4 #26 more than an exact path", `${stageArn}GET/score/all`],
  ["2.4 #30 a trailing slash on an exact path", `${stageArn}GET/score/`],
  ["2.4 #27 a wildcard in the request", `${stageArn}GET/*`],
  ["2.4 #27 a wildcard in the request", `${stageArn}*`],
  ["2.4 #28 a greedy star across stages", `${base}/dev/POST/x/POST/openai/a`],
  ["2.4 #28 a greedy star across methods", `${stageArn}GET/x/POST/openai/a`],
  ["2.4 #29 another stage", `${base}/v2/POST/openai/a`],
  ["2.4 #29 another stage of a like name", `${base}/v11/POST/openai/a`],
  ["2.4 #29 another API", `${base.slice(0, -1)}5/v1/POST/openai/a`],
  ["2.4 #30 up", `${stageArn}POST/openai/../score`],
  ["2.4 #30 up at the end", `${stageArn}POST/openai/..`],
  ["2.4 #30 up at once", `${stageArn}POST/openai//../admin`],
  ["2.4 #30 up with a path parameter", `${stageArn}POST/openai/..;/admin`],
  ["2.4 #30 encoded dots", `${stageArn}POST/openai/%2e%2e/admin`],
  ["2.4 #30 encoded dots", `${stageArn}POST/openai/%2E%2E/admin`],
  ["2.4 #30 one encoded dot", `${stageArn}POST/openai/.%2e/admin`],
  ["2.4 #30 one encoded dot", `${stageArn}POST/openai/%2E./admin`],
  ["2.4 #30 doubly encoded dots", `${stageArn}POST/openai/%252e%252e/admin`],
  ["2.4 #30 an encoded slash", `${stageArn}POST/openai/x%2f../admin`],
  ["2.4 #30 an encoded slash", `${stageArn}POST/openai/x%2F../admin`],
  ["2.4 #30 a backslash", `${stageArn}POST/openai/x\\..\\admin`],
  ["2.4 #30 an encoded backslash", `${stageArn}POST/openai/x%5c..%5cadmin`],
  ["2.4 #30 an encoded backslash", `${stageArn}POST/openai/x%5C..%5Cadmin`],
  ["2.4 #30 up inside a parameter", `${stageArn}GET/jobs/../score/result`],
])("%s is not allowed: %s", (_, arn) => {
  expect(isAllowed(policy, arn)).toBe(false);
});

test("everything means this stage of this API, without dot segments", () => {
  const everything = buildPolicy(stageArn, ["*"]);
  expect(isAllowed(everything, `${stageArn}DELETE/any/thing`)).toBe(true);
  expect(isAllowed(everything, `${stageArn}GET/a/../b`)).toBe(false);
  expect(isAllowed(everything, `${base}/v2/GET/a`)).toBe(false);
});

test("2.4 #31 a resource of 512 characters passes, one of 513 is our failure", () => {
  const room = 512 - stageArn.length - "GET/".length;
  expect(
    buildPolicy(stageArn, [`GET/${"x".repeat(room)}`]).Statement[0]!
      .Resource[0],
  ).toHaveLength(512);
  expect(() => buildPolicy(stageArn, [`GET/${"x".repeat(room + 1)}`])).toThrow(
    expect.objectContaining({
      reason: "resource-too-long",
      detail: `513 characters: ${stageArn}GET/${"x".repeat(room + 1)}`,
    }),
  );
});

test("2.4 #31 a method ARN of 1,600 characters is read, one of 1,601 is not", () => {
  const start = `${base}/v1/GET/`;
  const read = (length: number) =>
    parseStageArn(
      start.padEnd(length, "x"),
      "v1",
      invocation.invokedFunctionArn,
    );
  expect(read(1600)).toBe(stageArn);
  expect(() => read(1601)).toThrow(/^method-arn-malformed$/);
});
