// The pull request's comment through dist/ and a GitHub that pages, refuses and fails: one comment a stack, and never a failed run.
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { runAction } from "../fixtures/runner.ts";

jest.setTimeout(120_000);

const pull = 7;
const writer = "ghs_writer0123456789abcdefghijklmnopqrst";
const reader = "ghs_reader0123456789abcdefghijklmnopqrst";
const bot = { login: "github-actions[bot]", type: "Bot" } as const;

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({
    region: "eu-west-1",
    github: {
      repository: "acme/app",
      pulls: [{ number: pull }],
      tokens: {
        [writer]: { ...bot, permission: "write" },
        [reader]: { ...bot, permission: "read" },
      },
    },
  });
});
afterAll(() => cloud.stop());

const ours = () =>
  cloud
    .github!.comments(pull)
    .filter(
      ({ body, type }) =>
        type === "Bot" &&
        body.startsWith("<!-- ai-gate-action ") &&
        !body.includes("/planted"),
    );

function preview(
  stack: string,
  token: string,
  inputs: Record<string, string> = {},
  environment: Record<string, string> = {},
) {
  return runAction({
    event: "pull_request",
    payload: {
      pull_request: {
        number: pull,
        head: { sha: "5f0e7c1", repo: { full_name: "acme/app" } },
      },
    },
    inputs: {
      stack,
      region: "eu-west-1",
      upstream: "https://upstream.example.com/echo",
      tokens: "team-a=0123456789abcdefghijklmnopqrstuvwxyz",
      backend: `file://${cloud.directory}/state`,
      "github-token": token,
      ...inputs,
    },
    environment: {
      ...cloud.env,
      RUNNER_TEMP: cloud.directory,
      ...environment,
    },
  });
}

test("the first preview creates the comment, behind 120 others", async () => {
  for (let index = 0; index < 120; index += 1) {
    cloud.github!.addComment(pull, {
      login: "someone",
      type: "User",
      body: `comment ${index}`,
    });
  }
  const { code, outputs } = await preview("prod", writer);
  expect(code).toBe(0);
  expect(ours()).toHaveLength(1);
  expect(outputs["comment-id"]).toBe(String(ours()[0]?.id));
});

test("the next one finds it on the second page and updates it", async () => {
  const { outputs } = await preview("prod", writer, { path: "other" });
  expect(ours()).toHaveLength(1);
  expect(ours()[0]?.body).toContain("/other");
  expect(outputs["comment-id"]).toBe(String(ours()[0]?.id));
});

test("another account's comment with our marker is neither used nor changed", async () => {
  const body = `<!-- ai-gate-action gate=ai-gate.acme.app/planted region=eu-west-1 -->\nplanted`;
  const planted = cloud.github!.addComment(pull, {
    login: "mallory",
    type: "User",
    body,
  });
  const { outputs } = await preview("planted", writer);
  expect(outputs["comment-id"]).not.toBe(String(planted.id));
  expect(planted.body).toBe(body);
});

test("another stack has a comment of its own", async () => {
  await preview("staging", writer);
  expect(ours().map(({ body }) => body.split("\n")[0])).toEqual([
    "<!-- ai-gate-action gate=ai-gate.acme.app/prod region=eu-west-1 -->",
    "<!-- ai-gate-action gate=ai-gate.acme.app/staging region=eu-west-1 -->",
  ]);
});

test("a mistake in the inputs is in the comment too", async () => {
  const { code } = await preview("prod", writer, {
    upstream: "http://upstream.example.com",
  });
  expect(code).toBe(1);
  expect(ours()[0]?.body).toContain("is not https");
});

describe("no green preview stands beside a job that is red", () => {
  beforeAll(async () => {
    await preview("prod", writer);
    expect(ours()[0]?.body).toContain("to create");
  });

  test.each([
    ["proof", "yes", "use true or false"],
    ["fail-on", "everything", "use auth-removed"],
    ["command", "deploy", "use one of auto"],
  ])("for its %s", async (name, value, words) => {
    const { code } = await preview("prod", writer, { [name]: value });
    expect(code).toBe(1);
    expect(ours()[0]?.body).toContain(words);
    expect(ours()[0]?.body).not.toContain("to create");
    expect(ours()).toHaveLength(2);
  });
});

test.each<[string, Record<string, string>]>([
  ["a switch that is none", { comment: "yes" }],
  ["off", { comment: "false", proof: "yes" }],
  ["about no stack", { stack: "" }],
])("a mistake in the inputs beside a comment that is %s", async (_, inputs) => {
  const before = cloud.github!.calls().length;
  const { code, outputs } = await preview("prod", writer, inputs);
  expect({ code, reason: outputs["failure-reason"] }).toEqual({
    code: 1,
    reason: "invalid-input",
  });
  expect(cloud.github!.calls()).toHaveLength(before);
});

test("a job summary that cannot be written is one warning; outputs, comment and the file of the summary are there", async () => {
  const { annotations, code, outputs } = await preview(
    "prod",
    writer,
    {},
    {
      GITHUB_STEP_SUMMARY: "/nowhere/summary.md",
    },
  );
  expect(code).toBe(0);
  expect(annotations).toEqual([
    expect.objectContaining({
      level: "warning",
      message: expect.stringMatching(
        /^The job has no summary: GITHUB_STEP_SUMMARY is not a writable file/,
      ),
    }),
  ]);
  expect(outputs).toMatchObject({
    "create-count": "9",
    "comment-id": String(ours()[0]?.id),
    "summary-path": expect.stringMatching(/\/ai-gate-summary\.md$/),
  });
});

test("a locked conversation is called that", async () => {
  cloud.github!.setPull({ number: pull, locked: true });
  const { annotations, code } = await preview("locked", writer);
  cloud.github!.setPull({ number: pull, locked: false });
  expect(code).toBe(0);
  expect(annotations.map(({ message }) => message)).toEqual([
    "No comment on the pull request: its conversation is locked (403). The summary of this run has the full report",
  ]);
});

test("a token that may not write costs one warning and nothing else; the report is in the summary", async () => {
  const { annotations, code, outputs, summary } = await preview(
    "prod",
    reader,
    { path: "unwritten" },
  );
  expect({ code, reason: outputs["failure-reason"] }).toEqual({
    code: 0,
    reason: "",
  });
  expect(annotations).toHaveLength(1);
  expect(annotations[0]).toMatchObject({ level: "warning" });
  expect(annotations[0]?.message).toContain("pull-requests: write");
  expect(summary).toContain("9 to create");
});

test("an answer of 502 is asked again", async () => {
  cloud.github!.failNext({ status: 502, times: 2 });
  const { annotations } = await preview("prod", writer);
  expect(annotations).toEqual([]);
  expect(ours()[0]?.body).toContain("9 to create");
});

test("comment: false leaves the pull request alone", async () => {
  const before = cloud.github!.calls().length;
  const { code } = await preview("prod", writer, { comment: "false" });
  expect(code).toBe(0);
  expect(cloud.github!.calls()).toHaveLength(before);
});
