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

/** One that allows these resources of the stage. */
const to = (suffix: string) => [statement({ Resource: `${stage}/${suffix}` })];
/** An allowed call, unless this denies it. */
const unless = (more: Record<string, unknown>) => [statement({}), deny(more)];

describe("an authorizer's policy", () => {
  const ip = { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } };
  const notResource = { Resource: undefined, NotResource: "x" };
  const notAction = { Action: undefined, NotAction: "x" };
  const conditional = { Condition: { StringEquals: {} } };
  const variable = { Resource: "arn:aws:${x}/*" };
  const other = { Action: "execute-api:ManageConnections" };
  const invoke = { Action: ["execute-api:invoke"] };
  const perhaps = statement({ Effect: "Perhaps" });
  test.each([
    ["exact resource", [statement({})], "Allow"],
    ["no statement", [], "Neither"],
    ["other resource", to("POST/openai"), "Neither"],
    ["other verb", to("GET/*"), "Neither"],
    ["star crosses slashes", to("POST/*"), "Allow"],
    ["star in the middle crosses slashes", to("*/chat"), "Allow"],
    ["question mark is one character", to("POST/openai/cha?"), "Allow"],
    ["question mark is not none", to("POST/openai/chat?"), "Neither"],
    ["everything", [statement({ Resource: "*" })], "Allow"],
    ["case of the resource counts", to("post/openai/chat"), "Neither"],
    ["list of resources", [statement({ Resource: ["x", arn] })], "Allow"],
    ["action execute-api:*", [statement({ Action: "execute-api:*" })], "Allow"],
    ["action *", [statement({ Action: "*" })], "Allow"],
    ["action without case", [statement(invoke)], "Allow"],
    ["other action", [statement(other)], "Neither"],
    ["deny wins, whatever the order", [deny({}), statement({})], "Deny"],
    ["deny wins after allow", unless({ Resource: `${stage}/*` }), "Deny"],
    ["deny of another", unless({ Resource: `${stage}/GET/*` }), "Allow"],
    ["NotResource never allows", [statement(notResource)], "Neither"],
    ["NotResource always denies", unless(notResource), "Deny"],
    ["NotAction never allows", [statement(notAction)], "Neither"],
    ["NotAction always denies", unless(notAction), "Deny"],
    ["a condition never allows", [statement(conditional)], "Neither"],
    ["a condition always denies", unless(conditional), "Deny"],
    [
      "a deny for another resource, with a condition",
      unless({ Resource: "x", Condition: {} }),
      "Allow",
    ],
    ["an IP is not evaluated", [statement({ Condition: ip })], "Neither"],
    ["policy variables never allow", [statement(variable)], "Neither"],
    ["policy variables always deny", unless(variable), "Deny"],
    ["an unknown effect denies", [statement({}), perhaps], "Deny"],
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
  const account = statement({ Principal: { AWS: "123456789012" } });
  const denyAccount = deny({ Principal: { AWS: "1" } });
  const when = (operator: string, key: string, value: unknown) => [
    deny({ ...everyone, Condition: { [operator]: { [`aws:${key}`]: value } } }),
  ];
  const ip = (value: unknown) => when("IpAddress", "SourceIp", value);
  const notIp = (value: unknown) => when("NotIpAddress", "SourceIp", value);
  const endpoint = when("StringNotEquals", "SourceVpce", "v");
  test.each([
    ["everyone", [statement(everyone)], "Allow"],
    ["everyone as AWS", [statement({ Principal: { AWS: ["*"] } })], "Allow"],
    ["an account is not the anonymous caller", [account], "Neither"],
    [
      "a deny for an account is taken to mean everyone",
      [statement(everyone), denyAccount],
      "Deny",
    ],
    ["inside the range", ip("127.0.0.0/8"), "Deny"],
    ["outside the range", ip(["10.0.0.0/8"]), "Neither"],
    ["not outside the range", notIp("127.0.0.1"), "Neither"],
    ["not inside the range", notIp(["10.0.0.0/8", "::1/128"]), "Deny"],
    ["an unreadable range denies", ip("home"), "Deny"],
    ["an unknown condition denies", endpoint, "Deny"],
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
  const api = "arn:aws:execute-api:eu-west-1:123456789012:api";
  const question = {
    functionArn: "f",
    account: "123456789012",
    sourceArn: `${api}1/authorizers/auth1`,
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
  const when = (operator: string, key: string, value: string) =>
    permit({ Condition: { [operator]: { [key]: value } } });
  const source = (suffix: string) =>
    when("ArnLike", "AWS:SourceArn", api + suffix);
  const account = (id: string) => when("StringEquals", "AWS:SourceAccount", id);
  const events = permit({ Principal: { Service: "events.amazonaws.com" } });
  test.each([
    ["any authorizer of the API", source("1/authorizers/*"), true],
    ["this authorizer", source("1/authorizers/auth1"), true],
    ["another authorizer", source("1/authorizers/other"), false],
    ["another API", source("2/*"), false],
    ["methods of one stage", source("1/v1/*"), false],
    ["without a condition", permit({}), true],
    ["another service", events, false],
    ["another action", permit({ Action: "lambda:GetFunction" }), false],
    ["the account too", account("123456789012"), true],
    ["another account", account("1"), false],
    [
      "an unknown condition",
      when("Bool", "aws:SecureTransport", "true"),
      false,
    ],
    ["a deny", permit({ Effect: "Deny" }), false],
    ["no JSON", "{", false],
  ])("%s", (_name, policy, expected) => {
    expect(policyPermits(policy, question)).toBe(expected);
  });
});
