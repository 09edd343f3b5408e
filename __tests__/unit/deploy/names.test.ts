import {
  functionName,
  physicalName,
  projectName,
  sha256,
  tableName,
} from "../../../src/deploy/names.ts";

test("a digest is lower-case hex of UTF-8", () => {
  // FIPS 180-2, appendix B.1
  expect(sha256("abc")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  expect(sha256("é")).toHaveLength(64);
});

test.each([
  [undefined, "ai-gate"],
  ["", "ai-gate"],
  ["acme/app", "ai-gate.acme.app"],
  ["acme/my.app_1", "ai-gate.acme.my.app_1"],
])("the project of %p is %s", (repository, project) => {
  expect(projectName(repository)).toBe(project);
});

test("long repositories stay within Pulumi's 100 characters, and apart", () => {
  const names = ["a", "b"].map((end) =>
    projectName(`acme/${"x".repeat(99)}${end}`),
  );
  expect(names.map((name) => name.length)).toEqual([100, 100]);
  expect(new Set(names).size).toBe(2);
  expect(names[0]).toMatch(/^[A-Za-z0-9._-]+$/);
});

test("the same stack of two repositories has two names, and of one always the same", () => {
  const [one, again, other] = ["a.b", "a.b", "a.c"].map((project) =>
    physicalName(project, "prod", "eu-west-1"),
  );
  expect(one).toBe(again);
  expect(one).not.toBe(other);
});

test.each(["prod", "PR_12.x", "é", "-", "s".repeat(100)])(
  "the name for the stack %s fits a Lambda function and a role",
  (stack) => {
    const name = physicalName("ai-gate.acme.app", stack, "ap-southeast-2");
    expect(name).toMatch(/^ai-gate-[a-z0-9-]+-ap-southeast-2-[0-9a-f]{8}$/);
    expect(`${name}-authorizer`.length).toBeLessThanOrEqual(64);
  },
);

test("stacks that read alike have names apart", () => {
  const names = ["pr.1", "pr_1", "PR-1", "pr-1"].map((stack) =>
    physicalName("p", stack, "eu-west-1"),
  );
  expect(new Set(names).size).toBe(4);
});

test("the same stack in two regions has two names: roles are global to an account", () => {
  const names = ["eu-west-1", "eu-west-2"].map((region) =>
    physicalName("p", "prod", region),
  );
  expect(names).toEqual([
    expect.stringMatching(/^ai-gate-prod-eu-west-1-[0-9a-f]{8}$/),
    expect.stringMatching(/^ai-gate-prod-eu-west-2-[0-9a-f]{8}$/),
  ]);
});

test("every name of a gate fits what AWS allows, and no two are the same", () => {
  const prefix = physicalName(
    "p".repeat(100),
    "S".repeat(100),
    "ap-southeast-2",
  );
  const names = [
    functionName(prefix),
    functionName(prefix, "custom"),
    tableName(prefix),
  ];
  for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
  expect(new Set(names).size).toBe(3);
});
