import { GateFailure } from "../../../src/gate/failure.ts";
import { redact, redactRun } from "../../../src/report/redact.ts";

test.each<[string, string, string[], string]>([
  ["nothing", "plain words", [], "plain words"],
  ["a masked value", "the key is hunter2.", ["hunter2"], "the key is ***."],
  ["all of them", "a b a", ["a", "b"], "*** *** ***"],
  ["the longer of two", "say abcdef", ["abc", "abcdef"], "say ***"],
  ["the shorter of two", "say abcd", ["abc", "abcdef"], "say ***d"],
  ["each line of one", "b then a", ["a\r\n  b \n\n"], "*** then ***"],
  ["an empty mask", "plain words", ["", " \n"], "plain words"],
  [
    "accounts in ARNs",
    "User: arn:aws:sts::111122223333:assumed-role/deploy/x on arn:aws-us-gov:s3:us-gov-west-1:444455556666:y",
    [],
    "User: arn:aws:sts::***:assumed-role/deploy/x on arn:aws-us-gov:s3:us-gov-west-1:***:y",
  ],
  ["an account alone", "111122223333", [], "***"],
  ["an account in a name", "ai-gate-111122223333-eu", [], "ai-gate-***-eu"],
  ["eleven digits", "11112222333", [], "11112222333"],
  ["thirteen digits", "1111222233334", [], "1111222233334"],
  [
    "digits of a word",
    "a111122223333 111122223333B",
    [],
    "a111122223333 111122223333B",
  ],
])("%s is taken out", (_, text, masked, expected) => {
  expect(redact(text, masked)).toBe(expected);
});

test("a failure keeps its reason, its places and its positions", () => {
  const position = { file: "gate.yml", line: 1, column: 2 };
  const failure = new GateFailure("aws-denied", "111122223333 says hunter2", [
    { where: "path", message: "hunter2 is no path", position },
    { where: "stack", message: "is missing" },
  ]);
  const one = redactRun({ failure, stack: "prod" }, ["hunter2"]);
  expect(one.stack).toBe("prod");
  expect(one.failure).toBeInstanceOf(GateFailure);
  expect(one.failure).toMatchObject({
    reason: "aws-denied",
    message: "*** says ***",
    problems: [
      { where: "path", message: "*** is no path", position },
      { where: "stack", message: "is missing" },
    ],
  });
  const warnings = ["hunter2 was refused"];
  expect(redactRun({ failure: undefined, warnings }, ["hunter2"])).toEqual({
    failure: undefined,
    warnings: ["*** was refused"],
  });
  const fine = { failure: undefined };
  expect(redactRun(fine, ["hunter2"])).toBe(fine);
});
