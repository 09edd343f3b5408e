// `npm run policy`, as docs/permissions.md shows it.
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.join(import.meta.dirname, "../../..");

function policy(...args: string[]) {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--no-warnings", path.join(root, "scripts/policy.ts"), ...args],
    { cwd: root, encoding: "utf8" },
  );
  return { status, stderr, stdout };
}

const statementsOf = (...args: string[]) => {
  const { status, stderr, stdout } = policy(...args);
  if (status !== 0) throw new Error(stderr);
  const { Statement } = JSON.parse(stdout) as {
    Statement: { Sid?: string; Action: string[]; Resource: string[] }[];
  };
  return Statement;
};

test("a config file's policy is of its account, region and features", () => {
  const statements = statementsOf(
    "examples/configs/dynamodb.yml",
    ...["--account", "123456789012", "--region", "eu-central-1"],
  );
  expect(statements.map(({ Sid }) => Sid)).toContain("ChangeTable");
  expect(statements.map(({ Sid }) => Sid)).not.toContain("CreatePlans");
  expect(statements.find(({ Sid }) => Sid === "ReadTable")?.Resource).toEqual([
    "arn:aws:dynamodb:eu-central-1:123456789012:table/ai-gate-*",
  ]);
});

test("several files, inputs, another backend", () => {
  const statements = statementsOf(
    ...["examples/configs/plans.yml", "examples/configs/dynamodb.yml"],
    ...["--input", "role-path=/teams/ai/", "--names", "ai-gate-pr-*"],
    ...["--backend", "https://api.pulumi.com"],
  );
  const sids = statements.map(({ Sid }) => Sid);
  expect(sids).toEqual(expect.arrayContaining(["ChangeTable", "CreatePlans"]));
  expect(sids.join()).not.toMatch(/State|Passphrase/);
  expect(statements.find(({ Sid }) => Sid === "PassRoles")?.Resource).toEqual([
    "arn:aws:iam::111122223333:role/teams/ai/ai-gate-pr-*",
  ]);
});

const kms = "arn:aws:kms:eu-central-1:111122223333:key";
test.each([
  ["alias/gate?region=eu-central-1", `${kms}/*`, "alias/gate"],
  [`/${kms}/1234abcd`, `${kms}/1234abcd`, undefined],
  [
    "/arn:aws:kms:eu-central-1:111122223333:alias/gate",
    `${kms}/*`,
    "alias/gate",
  ],
  [
    "1234abcd-12ab-34cd-56ef-1234567890ab?region=eu-central-1",
    `${kms}/1234abcd-12ab-34cd-56ef-1234567890ab`,
    undefined,
  ],
])("the state's key awskms://%s", (key, resource, alias) => {
  const file = "examples/configs/plans.yml";
  const provider = [file, "--secrets-provider", `awskms://${key}`];
  const statements = statementsOf(...provider);
  const Condition = alias && {
    "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias },
  };
  expect(statements.slice(-2)).toEqual(
    ["Encrypt", "Decrypt"].map((verb) => ({
      Sid: `${verb}State`,
      Effect: "Allow",
      Action: [`kms:${verb}`],
      Resource: [resource],
      ...(Condition && { Condition }),
    })),
  );
  expect(statements.map(({ Sid }) => Sid)).not.toContain("MakePassphrase");
  const read = statementsOf("--preview", ...provider);
  expect(read.flatMap(({ Action }) => Action).join()).not.toContain("Encrypt");
});

test("a preview reads; a boundary is the roles' own", () => {
  const file = "examples/configs/plans.yml";
  for (const { Action } of statementsOf(file, "--preview"))
    expect(String(Action)).not.toMatch(/:(PUT|POST|Create|Put|Delete)/);
  const actions = statementsOf(file, "--boundary").flatMap(
    ({ Action }) => Action,
  );
  expect(actions).toContain("logs:PutLogEvents");
  expect(actions.join()).not.toMatch(/iam:|lambda:Create/);
});

test.each([
  [["--account", "1"], /Invalid value "1" for --account: use the 12 digits/],
  [["nothing.yml"], /nothing\.yml is not there/],
  [["--help"], /usage: npm run policy/],
  [
    ["examples/configs/plans.yml", "--secrets-provider", "gcpkms://x"],
    /secrets-provider: Invalid value "gcpkms:\/\/x"/,
  ],
  [["--input", "role-path=teams"], /role-path: Invalid value "teams"/],
])("%j", (args, message) => {
  const { status, stderr, stdout } = policy(...args);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
});

test("a long policy in parts", () => {
  const file = "examples/configs/plans.yml";
  expect(statementsOf(file, "--part", "1")).toEqual(
    expect.arrayContaining(statementsOf(file).slice(0, 5)),
  );
  expect(policy(file, "--part", "9")).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /^Invalid value "9" for --part: use 1 to \d\n/,
    ) as string,
  });
});
