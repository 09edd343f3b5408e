import {
  evaluate,
  globMatches,
  policyPermits,
} from "../../../../local/apigateway/data/policy.ts";

const stage = "arn:aws:execute-api:eu-west-1:123456789012:api1/v1";
const arn = `${stage}/POST/openai/chat`;
const statement = (more: Record<string, unknown>) => ({
  Effect: "Allow",
  Action: "execute-api:Invoke",
  Resource: arn,
  ...more,
});
const deny = (more: Record<string, unknown>) =>
  statement({ Effect: "Deny", ...more });

describe("an authorizer's policy", () => {
  test.each([
    ["exact resource", [statement({})], "Allow"],
    ["no statement", [], "Neither"],
    [
      "other resource",
      [statement({ Resource: `${stage}/POST/openai` })],
      "Neither",
    ],
    ["other verb", [statement({ Resource: `${stage}/GET/*` })], "Neither"],
    [
      "star crosses slashes",
      [statement({ Resource: `${stage}/POST/*` })],
      "Allow",
    ],
    [
      "star in the middle crosses slashes",
      [statement({ Resource: `${stage}/*/chat` })],
      "Allow",
    ],
    [
      "question mark is one character",
      [statement({ Resource: `${stage}/POST/openai/cha?` })],
      "Allow",
    ],
    [
      "question mark is not none",
      [statement({ Resource: `${stage}/POST/openai/chat?` })],
      "Neither",
    ],
    ["everything", [statement({ Resource: "*" })], "Allow"],
    [
      "case of the resource counts",
      [statement({ Resource: `${stage}/post/openai/chat` })],
      "Neither",
    ],
    ["list of resources", [statement({ Resource: ["x", arn] })], "Allow"],
    ["action execute-api:*", [statement({ Action: "execute-api:*" })], "Allow"],
    ["action *", [statement({ Action: "*" })], "Allow"],
    [
      "action without case",
      [statement({ Action: ["execute-api:invoke"] })],
      "Allow",
    ],
    [
      "other action",
      [statement({ Action: "execute-api:ManageConnections" })],
      "Neither",
    ],
    ["deny wins, whatever the order", [deny({}), statement({})], "Deny"],
    [
      "deny wins after allow",
      [statement({}), deny({ Resource: `${stage}/*` })],
      "Deny",
    ],
    [
      "deny of something else",
      [statement({}), deny({ Resource: `${stage}/GET/*` })],
      "Allow",
    ],
    [
      "NotResource never allows",
      [statement({ Resource: undefined, NotResource: "x" })],
      "Neither",
    ],
    [
      "NotResource always denies",
      [statement({}), deny({ Resource: undefined, NotResource: "x" })],
      "Deny",
    ],
    [
      "NotAction never allows",
      [statement({ Action: undefined, NotAction: "x" })],
      "Neither",
    ],
    [
      "NotAction always denies",
      [statement({}), deny({ Action: undefined, NotAction: "x" })],
      "Deny",
    ],
    [
      "a condition never allows",
      [statement({ Condition: { StringEquals: {} } })],
      "Neither",
    ],
    [
      "a condition always denies",
      [statement({}), deny({ Condition: { StringEquals: {} } })],
      "Deny",
    ],
    [
      "a deny for another resource, with a condition",
      [statement({}), deny({ Resource: "x", Condition: {} })],
      "Allow",
    ],
    [
      "an IP condition is not evaluated",
      [
        statement({
          Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } },
        }),
      ],
      "Neither",
    ],
    [
      "policy variables never allow",
      [statement({ Resource: "arn:aws:${x}/*" })],
      "Neither",
    ],
    [
      "policy variables always deny",
      [statement({}), deny({ Resource: "arn:aws:${x}/*" })],
      "Deny",
    ],
    [
      "an unknown effect denies",
      [statement({}), statement({ Effect: "Perhaps" })],
      "Deny",
    ],
    ["what is no statement denies", [statement({}), "Allow"], "Deny"],
  ])("%s", (_name, statements, verdict) => {
    expect(evaluate(statements, { arn })).toBe(verdict);
  });

  test.each([
    ["dot segments", "*/..*", "/a/../b"],
    ["encoded dots", "*%2e*", "/a/%2e%2e/b"],
    ["backslash", String.raw`*\..*`, String.raw`/a\..\b`],
  ])("a deny against %s", (_name, suffix, path) => {
    const both = [
      statement({ Resource: `${stage}/*` }),
      deny({ Resource: `${stage}/${suffix}` }),
    ];
    expect(evaluate(both, { arn: `${stage}/GET${path}` })).toBe("Deny");
    expect(evaluate(both, { arn: `${stage}/GET/a/b` })).toBe("Allow");
  });
});

describe("a resource policy", () => {
  const everyone = { Principal: "*" };
  test.each([
    ["everyone", [statement(everyone)], "Allow"],
    ["everyone as AWS", [statement({ Principal: { AWS: ["*"] } })], "Allow"],
    [
      "an account is not the anonymous caller",
      [statement({ Principal: { AWS: "123456789012" } })],
      "Neither",
    ],
    [
      "a deny for an account is taken to mean everyone",
      [statement(everyone), deny({ Principal: { AWS: "1" } })],
      "Deny",
    ],
    [
      "inside the range",
      [
        deny({
          ...everyone,
          Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } },
        }),
      ],
      "Deny",
    ],
    [
      "outside the range",
      [
        deny({
          ...everyone,
          Condition: { IpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } },
        }),
      ],
      "Neither",
    ],
    [
      "not outside the range",
      [
        deny({
          ...everyone,
          Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.1" } },
        }),
      ],
      "Neither",
    ],
    [
      "not inside the range",
      [
        deny({
          ...everyone,
          Condition: {
            NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8", "::1/128"] },
          },
        }),
      ],
      "Deny",
    ],
    [
      "an unreadable range denies",
      [
        deny({
          ...everyone,
          Condition: { IpAddress: { "aws:SourceIp": "home" } },
        }),
      ],
      "Deny",
    ],
    [
      "an unknown condition denies",
      [
        deny({
          ...everyone,
          Condition: { StringNotEquals: { "aws:SourceVpce": "v" } },
        }),
      ],
      "Deny",
    ],
  ])("%s", (_name, statements, verdict) => {
    expect(evaluate(statements, { arn, sourceIp: "127.0.0.1" })).toBe(verdict);
  });
});

describe("globs", () => {
  test.each([
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a*", "a", true],
    ["*a", "bab", false],
    ["*a*b", "xaybzb", true],
    ["a.c", "abc", false],
    ["a[b]c", "a[b]c", true],
    ["?", "", false],
    ["**", "ab", true],
  ])("%s against %s: %s", (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  test("a hostile pattern does not explode", () => {
    expect(globMatches(`${"*a".repeat(60)}b`, "a".repeat(4000))).toBe(false);
  });
});

describe("a function's resource policy (conformance §7)", () => {
  const question = {
    functionArn: "f",
    account: "123456789012",
    sourceArn:
      "arn:aws:execute-api:eu-west-1:123456789012:api1/authorizers/auth1",
  };
  const permit = (more: Record<string, unknown>) =>
    JSON.stringify({
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "apigateway.amazonaws.com" },
          Action: "lambda:InvokeFunction",
          Resource: "f",
          ...more,
        },
      ],
    });
  const source = (pattern: string) => ({
    Condition: { ArnLike: { "AWS:SourceArn": pattern } },
  });
  test.each([
    [
      "any authorizer of the API",
      permit(
        source("arn:aws:execute-api:eu-west-1:123456789012:api1/authorizers/*"),
      ),
      true,
    ],
    ["this authorizer", permit(source(question.sourceArn)), true],
    [
      "another authorizer",
      permit(
        source(
          "arn:aws:execute-api:eu-west-1:123456789012:api1/authorizers/other",
        ),
      ),
      false,
    ],
    [
      "another API",
      permit(source("arn:aws:execute-api:eu-west-1:123456789012:api2/*")),
      false,
    ],
    [
      "methods of one stage",
      permit(source("arn:aws:execute-api:eu-west-1:123456789012:api1/v1/*")),
      false,
    ],
    ["without a condition", permit({}), true],
    [
      "another service",
      permit({ Principal: { Service: "events.amazonaws.com" } }),
      false,
    ],
    ["another action", permit({ Action: "lambda:GetFunction" }), false],
    [
      "the account too",
      permit({
        Condition: { StringEquals: { "AWS:SourceAccount": "123456789012" } },
      }),
      true,
    ],
    [
      "another account",
      permit({ Condition: { StringEquals: { "AWS:SourceAccount": "1" } } }),
      false,
    ],
    [
      "an unknown condition",
      permit({ Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      false,
    ],
    ["a deny", permit({ Effect: "Deny" }), false],
    ["no JSON", "{", false],
  ])("%s", (_name, policy, expected) => {
    expect(policyPermits(policy, question)).toBe(expected);
  });
});
