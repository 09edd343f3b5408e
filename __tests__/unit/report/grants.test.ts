import { newGrants } from "../../../src/report/role-grants.ts";

const policy = (...statements: object[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (action: unknown, resource: unknown, more: object = {}) => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
  ...more,
});
const deny = (action: unknown, resource: unknown) => ({
  ...allow(action, resource),
  Effect: "Deny",
});
const trust = (principal: unknown, more: object = {}) => ({
  Effect: "Allow",
  Action: "sts:AssumeRole",
  Principal: principal,
  ...more,
});
const key = "arn:aws:ssm:eu-west-1:111122223333:parameter/key";
const other = "arn:aws:ssm:eu-west-1:111122223333:parameter/other";
const logs = policy(allow("logs:PutLogEvents", "*"));
const later = "known only after the deployment";

test.each<[string, unknown, unknown, string[]]>([
  ["the same", logs, logs, []],
  [
    "the same in other words",
    logs,
    policy(allow(["logs:PutLogEvents"], ["*"])),
    [],
  ],
  ["no policy any more", logs, undefined, []],
  ["less", policy(allow(["a:X", "a:Y"], "*")), policy(allow("a:X", "*")), []],
  ["a first policy", undefined, logs, ["`logs:PutLogEvents` on `*`"]],
  [
    "one action more",
    logs,
    policy(allow(["logs:PutLogEvents", "ssm:GetParameter"], "*")),
    ["`ssm:GetParameter` on `*`"],
  ],
  [
    "a statement more, without account and region",
    logs,
    policy(
      allow("logs:PutLogEvents", "*"),
      allow("ssm:GetParameter", [key, other]),
    ),
    ["`ssm:GetParameter` on `parameter/key` and `parameter/other`"],
  ],
  [
    "one resource more",
    policy(allow("ssm:GetParameter", key)),
    policy(allow("ssm:GetParameter", [key, other])),
    ["`ssm:GetParameter` on `parameter/other`"],
  ],
  [
    "a resource instead of all",
    policy(allow("ssm:GetParameter", "*")),
    policy(allow("ssm:GetParameter", key)),
    [],
  ],
  [
    "all instead of a resource",
    policy(allow("ssm:GetParameter", key)),
    policy(allow("ssm:GetParameter", "*")),
    ["`ssm:GetParameter` on `*`"],
  ],
  [
    "an action of a wildcard, in other letters",
    policy(allow("ssm:Get*", "*")),
    policy(allow("SSM:getparameter", "*")),
    [],
  ],
  [
    "a wildcard instead of an action",
    policy(allow("ssm:GetParameter", "*")),
    policy(allow("ssm:*", "*")),
    ["`ssm:*` on `*`"],
  ],
  [
    "another name of the statement",
    policy(allow("a:X", "*", { Sid: "one" })),
    policy(allow("a:X", "*", { Sid: "two" })),
    [],
  ],
  [
    "a condition less",
    policy(allow("a:X", "*", { Condition: { StringEquals: { a: "b" } } })),
    policy(allow("a:X", "*")),
    ["`a:X` on `*`"],
  ],
  [
    "conditions in another order",
    policy(allow("a:X", "*", { Condition: { A: 1 }, Principal: "*" })),
    policy(allow("a:X", "*", { Principal: "*", Condition: { A: 1 } })),
    [],
  ],
  [
    "somebody else, where a statement names no resource",
    policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: "a" }),
    policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: "b" }),
    ["`sts:AssumeRole` by `b`"],
  ],
  [
    "services that may take a role",
    policy(trust({ Service: "lambda.amazonaws.com" })),
    policy(
      trust({ Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] }),
      trust({ AWS: "arn:aws:iam::111122223333:role/ci" }),
      trust({ AWS: "444455556666" }),
    ),
    [
      "`sts:AssumeRole` by `ec2.amazonaws.com`",
      "`sts:AssumeRole` by `arn:aws:iam::***:role/ci`",
      "`sts:AssumeRole` by `***`",
    ],
  ],
  [
    "everybody, in two ways",
    policy(trust("*")),
    policy(trust({ AWS: "*" })),
    [],
  ],
  [
    "one instead of everybody",
    policy(trust("*")),
    policy(trust({ AWS: "arn:aws:iam::111122223333:role/ci" })),
    [],
  ],
  [
    "everybody instead of one",
    policy(trust({ AWS: "arn:aws:iam::111122223333:role/ci" })),
    policy(trust("*")),
    ["`sts:AssumeRole` by `*`"],
  ],
  [
    "a caller of another kind with the same name",
    policy(trust({ Service: "a" })),
    policy(trust({ Federated: "a" })),
    ["`sts:AssumeRole` by `a`"],
  ],
  [
    "a caller who need no longer meet a condition",
    policy(trust({ AWS: "a" }, { Condition: { Bool: { b: "true" } } })),
    policy(trust({ AWS: "a" })),
    ["`sts:AssumeRole` by `a`"],
  ],
  [
    "callers of two resources",
    undefined,
    policy(allow("a:X", [key, other], { Principal: { AWS: ["b", "c"] } })),
    [
      "`a:X` by `b` on `parameter/key` and `parameter/other`",
      "`a:X` by `c` on `parameter/key` and `parameter/other`",
    ],
  ],
  [
    "the same resource of two actions",
    undefined,
    policy(allow(["a:X", "a:Y"], "*")),
    ["`a:X` on `*`", "`a:Y` on `*`"],
  ],
  [
    "a resource under two conditions",
    undefined,
    policy(
      allow("a:X", "*", { Condition: { A: 1 } }),
      allow("a:X", "*", { Condition: { B: 1 } }),
    ),
    ["`a:X` on `*`"],
  ],
  [
    "all but one resource",
    logs,
    policy({ Effect: "Allow", Action: "a:X", NotResource: key }),
    ["`a:X` on `*`"],
  ],
  [
    "exceptions in another order",
    policy({ Effect: "Allow", NotAction: "a:X", NotResource: key }),
    policy({ NotResource: key, NotAction: "a:X", Effect: "Allow" }),
    [],
  ],
  [
    "all but one action",
    logs,
    policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }),
    ["`*` on `*`"],
  ],
  [
    "a denial less",
    policy(allow("a:*", "*"), deny("a:X", "*")),
    policy(allow("a:*", "*")),
    ["`a:X` on `*`, which was denied"],
  ],
  [
    "a narrower denial",
    policy(deny("a:X", "*")),
    policy(deny("a:X", key)),
    ["`a:X` on `*`, which was denied"],
  ],
  ["a wider denial", policy(deny("a:X", key)), policy(deny("a:X", "*")), []],
  [
    "one statement, not in a list",
    undefined,
    JSON.stringify({ Statement: allow("a:X", "*") }),
    ["`a:X` on `*`"],
  ],
  [
    "an action that is no text",
    undefined,
    policy(allow({ Ref: "x" }, "*")),
    ['`{"Ref":"x"}` on `*`'],
  ],
  [
    "not known yet",
    logs,
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    [`what is ${later}`],
  ],
  ["no policy at all", logs, "[]", [`what is ${later}`]],
  ["a statement that is none", logs, policy(["x"]), [`what is ${later}`]],
  [
    "a statement that is none, behind one",
    logs,
    policy(allow("a:X", "*"), ["x"]),
    [`what is ${later}`],
  ],
  [
    "a statement that is null",
    logs,
    JSON.stringify({ Statement: null }),
    [`what is ${later}`],
  ],
  ["a policy in a list", undefined, [logs], [`what is ${later}`]],
  ["no text", logs, { a: 1 }, [`what is ${later}`]],
  ["not known before", "unknown", logs, ["`logs:PutLogEvents` on `*`"]],
])("%s", (_, before, after, expected) => {
  expect(newGrants(before, after)).toEqual(expected);
});

test.each([
  [
    "a name with a colon",
    "arn:aws:secretsmanager:eu-west-1:1:secret:a:b",
    "secret:a:b",
  ],
  ["no account and region", "arn:aws:s3:::bucket/x", "bucket/x"],
  ["no ARN", "execute-api:/*", "execute-api:/*"],
  ["an ARN in something", "x/arn:aws:s3:::bucket", "x/arn:aws:s3:::bucket"],
])("a resource in words: %s", (_, resource, words) => {
  expect(newGrants(undefined, policy(allow("a:X", resource)))).toEqual([
    `\`a:X\` on \`${words}\``,
  ]);
});
