// The policies of docs/permissions.md: what they allow, and to whom.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { buildTrustPolicy } from "../../../src/gate/iam-policies.ts";

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
  [...page.matchAll(/<!-- policy: (\w+) -->\s+```json\n(.*?)```/gs)].map(
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

const each = (service: string, actions: string): string[] =>
  actions.split(" ").map((action) => `${service}:${action}`);

const gateRead = [
  ...each("apigateway", "GET"),
  ...each(
    "lambda",
    "GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig ListVersionsByFunction GetPolicy ListTags",
  ),
  ...each(
    "iam",
    "GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies",
  ),
  ...each("logs", "DescribeLogGroups ListTagsForResource"),
  ...each(
    "dynamodb",
    "DescribeTable DescribeTimeToLive DescribeContinuousBackups ListTagsOfResource BatchGetItem",
  ),
  ...each("secretsmanager", "DescribeSecret"),
  ...each("ssm", "DescribeParameters GetParameter"),
  ...each("s3", "ListBucket GetObject"),
];

const gateWrite = [
  ...each("apigateway", "POST PUT PATCH DELETE"),
  ...each(
    "lambda",
    "CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction AddPermission RemovePermission TagResource UntagResource",
  ),
  ...each(
    "iam",
    "CreateRole UpdateRole UpdateAssumeRolePolicy DeleteRole PutRolePolicy DeleteRolePolicy ListInstanceProfilesForRole TagRole UntagRole PassRole",
  ),
  ...each(
    "logs",
    "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource",
  ),
  ...each(
    "dynamodb",
    "CreateTable UpdateTable DeleteTable UpdateTimeToLive TagResource UntagResource PutItem DeleteItem ConditionCheckItem",
  ),
  ...each("ssm", "PutParameter"),
  ...each(
    "s3",
    "CreateBucket GetBucketPublicAccessBlock PutBucketPublicAccessBlock GetBucketVersioning PutBucketVersioning GetBucketPolicy PutBucketPolicy PutObject DeleteObject",
  ),
];

test("every JSON of the page is one of the policies", () => {
  expect(Object.keys(policies)).toEqual([
    "trust",
    "deploy",
    "functions",
    "preview",
    "usage",
  ]);
  expect(page.match(/```json/g)).toHaveLength(5);
  for (const { Version, Statement } of Object.values(policies)) {
    expect(Version).toBe("2012-10-17");
    expect(new Set(Statement.map(({ Effect }) => Effect))).toEqual(
      new Set(["Allow"]),
    );
  }
});

test("deploy allows something of every service that the program declares resources of", () => {
  const program = path.join(root, "src/deploy/program");
  const source = readdirSync(program)
    .map((name) => readFileSync(path.join(program, name), "utf8"))
    .join("\n");
  const services = [...source.matchAll(/"@pulumi\/aws\/(\w+)/g)].map(
    ([, service = ""]) => (service === "cloudwatch" ? "logs" : service),
  );
  expect(services).toContain("apigateway");
  const allowed = actionsOf("deploy").map((action) => action.split(":")[0]);
  expect(services.filter((service) => !allowed.includes(service))).toEqual([]);
});

test("deploy allows what the action and the provider call, and nothing else", () => {
  expect(actionsOf("deploy").sort()).toEqual(
    [...gateRead, ...gateWrite].sort(),
  );
});

test("preview allows the same reads, and no write", () => {
  expect(actionsOf("preview").sort()).toEqual([...gateRead].sort());
  for (const action of gateRead)
    if (resourcesOf("deploy", action).includes("*"))
      expect(resourcesOf("preview", action)).toContain("*");
});

test("a function behind the gate: its policy, and nothing else of it", () => {
  expect(actionsOf("functions").sort()).toEqual(
    each("lambda", "AddPermission GetPolicy RemovePermission"),
  );
  for (const action of actionsOf("functions"))
    expect(resourcesOf("functions", action)).toEqual([
      expect.stringMatching(/:function:tool$/),
      expect.stringMatching(/:function:tool:\*$/),
    ]);
});

test("roles are passed to the services that the program's roles trust", () => {
  const [pass] = policies["deploy"]!.Statement.filter(({ Action }) =>
    list(Action).includes("iam:PassRole"),
  );
  const trusted = (["lambda", "apigateway"] as const).map(
    (service) => buildTrustPolicy(service).Statement[0]?.Principal?.Service,
  );
  expect(pass?.Condition).toEqual({
    StringEquals: { "iam:PassedToService": trusted },
  });
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

test("the trust policy names audience and subject, in the form with names and in the one with ids", () => {
  const [statement] = policies["trust"]!.Statement;
  const { StringEquals: equals } = statement!.Condition!;
  const claim = "token.actions.githubusercontent.com";
  expect(Object.keys(statement!.Condition!)).toEqual(["StringEquals"]);
  expect(equals![`${claim}:aud`]).toBe("sts.amazonaws.com");
  const subjects = list(equals![`${claim}:sub`] as string[]);
  for (const event of ["ref:refs/heads/main", "pull_request"]) {
    expect(subjects).toContain(`repo:acme/app:${event}`);
    expect(subjects.join(" ")).toMatch(
      new RegExp(`repo:acme@\\d+/app@\\d+:${event}`),
    );
  }
  expect(subjects.join()).not.toContain("*");
});
