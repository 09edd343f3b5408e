// No secret of the job in anything that the action writes or starts: every command, with the runner's debug log on, and runs that fail.
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { putParameter } from "../../local/demo/seed.ts";
import {
  runAction,
  type RunOptions,
  type RunResult,
} from "../fixtures/runner.ts";

jest.setTimeout(600_000);

const pull = 7;
const canaries = {
  token: "canary.token.0123456789abcdefghijklmnop",
  "second token": "canary.second.0123456789abcdefghijklmno",
  "upstream key": "sk-canary-upstream-0123456789abcdefghij",
  passphrase: "canary-passphrase-0123456789",
  "AWS secret key": "canary/aws/secret/0123456789abcdefghijklm",
  "AWS session token": "canary//session//0123456789abcdefghijklmnop==",
  "GitHub token": "ghs_canary0123456789abcdefghijklmnopqrst",
};

let cloud: Cloud;
const runs: (RunResult & { readonly command: string })[] = [];
const commandLines = new Set<string>();

beforeAll(async () => {
  cloud = await startCloud({
    region: "eu-west-1",
    github: {
      repository: "acme/app",
      pulls: [{ number: pull }],
      tokens: {
        [canaries["GitHub token"]]: {
          login: "github-actions[bot]",
          type: "Bot",
          permission: "write",
        },
      },
    },
  });
  await putParameter(cloud, "/ai/key", canaries["upstream key"]);
});
afterAll(() => cloud.stop());

/** What `ps` shows to everybody on the machine. */
function noteCommandLines(): void {
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one)))
    try {
      commandLines.add(readFileSync(`/proc/${name}/cmdline`, "utf8"));
    } catch {
      // It ended meanwhile.
    }
}

async function run(command: string, options: RunOptions = {}): Promise<void> {
  const timer = setInterval(noteCommandLines, 50);
  const result = await runAction({
    ...options,
    inputs: {
      command,
      stack: "canary",
      region: "eu-west-1",
      path: "openai/{proxy+}",
      upstream: "https://api.openai.com/v1",
      "upstream-secret": "ssm:/ai/key",
      tokens: `team-a=${canaries.token}\nteam-b=${canaries["second token"]}`,
      backend: `file://${cloud.directory}/state`,
      "github-token": canaries["GitHub token"],
      ...options.inputs,
    },
    environment: {
      ...cloud.env,
      AWS_SECRET_ACCESS_KEY: canaries["AWS secret key"],
      AWS_SESSION_TOKEN: canaries["AWS session token"],
      ACTIONS_STEP_DEBUG: "true",
      RUNNER_DEBUG: "1",
      RUNNER_TEMP: cloud.directory,
      PULUMI_CONFIG_PASSPHRASE: canaries.passphrase,
      ...options.environment,
    },
  });
  clearInterval(timer);
  runs.push({ ...result, command });
}

/** Every file below a directory, as bytes read as Latin-1, so that nothing is skipped. */
function filesBelow(directory: string): [string, string][] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .map((file) => [file, readFileSync(file, "latin1")]);
}

/** As it is, and as JSON, a URL and base64 at each of the three offsets have it. */
function spellings(secret: string): string[] {
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + secret)
      .toString("base64")
      .slice(4, -4),
  );
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), ...base64];
}

const foundIn = (text: string): string[] =>
  Object.entries(canaries).flatMap(([name, secret]) =>
    spellings(secret).some((one) => text.includes(one)) ? [name] : [],
  );

test("what is looked for is found, however it is written", () => {
  const secret = canaries["AWS session token"];
  for (const text of [
    secret,
    encodeURIComponent(secret),
    ...["", "a", "ab"].map((before) =>
      Buffer.from(`${before}${secret} and so on`).toString("base64"),
    ),
  ])
    expect(foundIn(`before ${text} behind`)).toEqual(["AWS session token"]);
});

test("every command, and runs that fail", async () => {
  const payload = {
    pull_request: {
      number: pull,
      head: { sha: "5f0e7c1", repo: { full_name: "acme/app" } },
    },
  };
  await run("preview", { event: "pull_request", payload });
  for (const command of ["up", "up", "refresh", "drift", "output", "unlock"])
    await run(command);
  // A wrong key upstream, a passphrase that is not the state's, a region that AWS does not have, and an AWS that refuses.
  await run("up", { inputs: { "upstream-secret": "ssm:/ai/none" } });
  await run("up", {
    environment: { PULUMI_CONFIG_PASSPHRASE: `${canaries.passphrase}-other` },
  });
  await run("up", { inputs: { region: "eu-west-99" } });
  await run("destroy");
  expect(runs.map(({ code, command }) => `${command} ${code}`)).toEqual([
    "preview 0",
    "up 0",
    "up 0",
    "refresh 0",
    "drift 0",
    "output 0",
    "unlock 0",
    "up 1",
    "up 1",
    "up 1",
    "destroy 0",
  ]);
});

test("nothing in logs, outputs, summaries, saved state", () => {
  for (const {
    command,
    masks,
    outputs,
    state,
    stderr,
    stdout,
    summary,
  } of runs) {
    const logged = stdout.replace(/^::add-mask::.*$/gm, "");
    const texts = { logged, stderr, summary, outputs, state };
    for (const [where, text] of Object.entries(texts))
      expect([command, where, foundIn(JSON.stringify(text))]).toEqual([
        command,
        where,
        [],
      ]);
    // The action's own secrets are masked besides.
    expect(masks).toEqual(expect.arrayContaining([canaries.token]));
  }
});

test("nothing in the comment", () => {
  const comments = cloud.github!.comments(pull);
  expect(comments.length).toBeGreaterThan(0);
  expect(foundIn(JSON.stringify(comments))).toEqual([]);
});

test("nothing in the state, and in files that are left", () => {
  const files = filesBelow(cloud.directory);
  expect(files.some(([file]) => file.includes(".pulumi/stacks/"))).toBe(true);
  const found = files
    // The local cloud's own store has what was put there.
    .filter(([file]) => !/\/ministack|\/aws-store/.test(file))
    .flatMap(([file, text]) => foundIn(text).map((name) => `${name}: ${file}`));
  expect(found).toEqual([]);
});

test("nothing in what is written to AWS, save the key that the test put there", () => {
  const calls = cloud.gateway.ledger.filter(
    ({ operation }) => operation !== "PutParameter",
  );
  expect(calls.some(({ operation }) => operation === "CreateFunction")).toBe(
    true,
  );
  const found = calls.flatMap(({ operation, path: at, requestBody }) =>
    foundIn(at + requestBody).map((name) => `${name}: ${operation}`),
  );
  expect(found).toEqual([]);
});

test("nothing in the command line of any process", () => {
  const all = [...commandLines].join("\n");
  expect(all).toContain("pulumi");
  expect(foundIn(all)).toEqual([]);
});
