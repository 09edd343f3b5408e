// Which secrets and variables a gate may name: never the action's own, and what a list allows.
import {
  fewInputs,
  gateOf,
  goodInputs,
  printedProblems,
  problemsOf,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";

const arn = (name: string) =>
  `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}`;
const problemsWith = (secret: string, allowed?: string) =>
  problemsOf(
    sourceOf({
      ...goodInputs,
      "upstream-secret": secret,
      "allowed-secrets": allowed,
    }),
  );

test.each([
  "ssm:/ai-gate/state-passphrase",
  "ssm:/ai-gate",
  "ssm:/AI-Gate/x",
  arn("ai-gate/x-AbCdEf"),
  arn("aws/x"),
])("the secret %s is kept, whatever is allowed", (secret) => {
  for (const allowed of [undefined, "ssm:/", arn(""), secret])
    expect(problemsWith(secret, allowed)).toMatchObject([
      {
        where: "upstream-secret",
        message: expect.stringContaining("is reserved") as string,
      },
    ]);
});

test.each([
  "ssm:/ai/../ai-gate/state-passphrase",
  "ssm:/ai/./x",
  "ssm:/..",
  "ssm:/aws/reference/secretsmanager/x",
  "ssm:/aws/service/x",
  "ssm:/ai//x",
  "ssm:ai-gate/x",
])("%s is refused as a parameter", (secret) => {
  const problems = problemsWith(secret);
  expect(problems).toMatchObject([{ where: "upstream-secret" }]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  ["ssm:/ai/", "ssm:/ai/openai"],
  ["ssm:/ai", "ssm:/ai/openai"],
  ["ssm:/ai", "ssm:/ai"],
  ["ssm:/ai-", "ssm:/ai-prod/openai"],
  ["ssm:/", "ssm:/x"],
  ["# ours\nssm:/a/, ssm:/ai/\n", "ssm:/ai/openai"],
  [arn("ai-"), arn("ai-openai-AbCdEf")],
  [arn("openai"), arn("openai-AbCdEf")],
  [arn("openai"), arn("openai")],
  [arn("ai"), arn("ai/openai-AbCdEf")],
  [arn(""), arn("x")],
  ["", "ssm:/anything"],
  [" \n ", arn("anything")],
])("%j allows %s", (allowed, secret) => {
  expect(problemsWith(secret, allowed)).toEqual([]);
});

test.each([
  ["ssm:/ai/", "ssm:/ai"],
  ["ssm:/ai", "ssm:/airport/key"],
  ["ssm:/ai/prod", "ssm:/ai/prod-admin"],
  ["ssm:/ai", "ssm:/ai-AbCdEf"],
  ["ssm:/AI/", "ssm:/ai/key"],
  [arn("ai-"), "ssm:/ai-key"],
  [arn("openai"), arn("openai-admin")],
  [arn("openai"), arn("openai2")],
  [arn("ai-"), arn("ai-x").replace("111122223333", "999999999999")],
  [arn("ai-"), arn("ai-x").replace("eu-west-1", "eu-west-2")],
  [`ssm:/a/,${arn("b-")}`, "ssm:/b/"],
])("%j does not allow %s", (allowed, secret) => {
  const problems = problemsWith(secret, allowed);
  if (secret.endsWith("/")) return;
  expect(problems).toMatchObject([{ where: "upstream-secret" }]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  "*",
  "ai/",
  "ssm:ai/",
  "ssm:/ai/*",
  "ssm:/ai/../",
  "ssm:/ai//b",
  "arn:aws:secretsmanager:",
  "arn:aws:secretsmanager:*:*:secret:ai-",
  "arn:aws:ssm:eu-west-1:111122223333:parameter/ai/",
  // A list without an entry allows no secret, rather than every one.
  "# ssm:/x\n,",
])("%j is refused as a list of allowed secrets", (allowed) => {
  const problems = problemsWith("ssm:/x", allowed);
  expect(problems).toContainEqual(
    expect.objectContaining({ where: "allowed-secrets" }),
  );
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("the config's secrets are held to the same list, each at its line", () => {
  const text = `upstreams:
  a: { url: https://a.example.com, secret: ssm:/ai/a }
  b: { url: https://b.example.com, secret: ssm:/other/b }
routes: [{ path: /a, upstream: a }, { path: /b, upstream: b }]
consumers: [{ id: web, token: { env: TEAM_A_TOKEN } }]
`;
  const inputs = { ...fewInputs, "allowed-secrets": "ssm:/ai/" };
  expect(problemsOf(sourceOf(inputs, text))).toMatchObject([
    { where: "upstreams.b.secret", position: { line: 3 } },
  ]);
});

const withVariable = (name: string) =>
  sourceOf(
    fewInputs,
    `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
consumers: [{ id: web, token: { env: ${name} } }]
`,
    { environment: () => token },
  );

test.each([
  "GITHUB_TOKEN",
  "GITHUB_SHA",
  "GH_TOKEN",
  "RUNNER_TRACKING_ID",
  "RUNNER_TOKEN",
  "ACTIONS_RUNTIME_TOKEN",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "aws_session_token",
  "INPUT_TOKENS",
  "INPUT_KEY",
  "PULUMI_ACCESS_TOKEN",
  "PULUMI_CONFIG_PASSPHRASE",
  "STATE_LOCK_KEY",
  "AZURE_STORAGE_KEY",
  "ARM_CLIENT_SECRET",
  "GOOGLE_API_KEY",
  "NODE_AUTH_TOKEN",
  "NODE_OPTIONS",
  "NPM_TOKEN",
])("the variable %s of the runner or a cloud is refused", (name) => {
  const problems = problemsOf(withVariable(name));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  "PATH",
  "HOME",
  "JAVA_HOME_21_X64",
  "LD_PRELOAD",
  "CI",
  "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3",
])(
  "the variable %s is not named like a token: refused, and not shown",
  (name) => {
    const problems = problemsOf(withVariable(name));
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
    expect(problems[0]?.message).not.toContain(name);
  },
);

test.each([
  "TEAM_A_TOKEN",
  "TOKEN_B",
  "ci_token",
  "PARTNER_KEY",
  "CLIENT_SECRET",
])("the variable %s may be a token", (name) => {
  expect(gateOf(withVariable(name)).consumers[0]?.tokenHashes).toHaveLength(1);
});
