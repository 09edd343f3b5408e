// The inputs role-path and permissions-boundary.
import {
  gateOf,
  goodInputs,
  problemsOf,
  sourceOf,
} from "../../fixtures/sources.ts";

const boundary = "arn:aws:iam::111122223333:policy/teams/ai-gate_boundary";

test("without them a gate has neither", () => {
  const gate = gateOf(sourceOf(goodInputs));
  expect(gate).not.toHaveProperty("rolePath");
  expect(gate).not.toHaveProperty("permissionsBoundary");
});

test.each(["/teams/", "/teams/ai-1/a.b,c+d=e@f_g/"])("the path %s", (path) => {
  const given = { ...goodInputs, "role-path": path };
  expect(gateOf(sourceOf(given))).toMatchObject({ rolePath: path });
});

test("the path / is none", () => {
  const given = { ...goodInputs, "role-path": "/" };
  expect(gateOf(sourceOf(given))).not.toHaveProperty("rolePath");
});

test.each([
  "teams/",
  "/teams",
  "//",
  "/a//b/",
  "/*/",
  "/a b/",
  "/a:b/",
  "/${aws:username}/",
  "/aws-service-role/x/",
  `/${"a".repeat(511)}/`,
])("the path %s is refused", (path) => {
  const problems = problemsOf(sourceOf({ ...goodInputs, "role-path": path }));
  expect(problems).toEqual([
    {
      where: "role-path",
      message: expect.stringMatching(
        /^Invalid value .*: use an IAM path that begins and ends with a slash/,
      ) as string,
    },
  ]);
});

test.each([
  [boundary, "eu-west-1"],
  ["arn:aws:iam::aws:policy/PowerUserAccess", "eu-west-1"],
  ["arn:aws-cn:iam::111122223333:policy/b", "cn-north-1"],
  ["arn:aws-us-gov:iam::111122223333:policy/b", "us-gov-west-1"],
])("the boundary %s in %s", (arn, region) => {
  const given = {
    ...goodInputs,
    region,
    "upstream-secret": "ssm:/ai/key",
    "permissions-boundary": arn,
  };
  expect(gateOf(sourceOf(given))).toMatchObject({ permissionsBoundary: arn });
});

test.each([
  ["ai-gate-boundary", /^Invalid value "ai-gate-boundary": use the ARN/],
  ["arn:aws:iam::111122223333:role/x", /: use the ARN of an IAM policy/],
  ["arn:aws:iam::111122223333:policy/", /: use the ARN/],
  ["arn:aws:iam::111122223333:policy/*", /: use the ARN/],
  ["arn:aws:iam::1:policy/x", /: use the ARN/],
  ["arn:aws:iam:eu-west-1:111122223333:policy/x", /: use the ARN/],
  [`${boundary}\n${boundary}`, /: use the ARN/],
  [
    "arn:aws-cn:iam::111122223333:policy/x",
    /: use a policy of the partition aws, which eu-west-1 is in$/,
  ],
])("the boundary %s is refused", (arn, message) => {
  const given = { ...goodInputs, "permissions-boundary": arn };
  expect(problemsOf(sourceOf(given))).toEqual([
    {
      where: "permissions-boundary",
      message: expect.stringMatching(message) as string,
    },
  ]);
});
