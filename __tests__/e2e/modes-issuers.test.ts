// What a warm authorizer does while its issuers change, and how a workflow gets in: the deployed code under a flood of unknown
// keys, rotations and outages, and a caller that does what a step of a workflow would.
import {
  startGithubIssuer,
  type GithubIssuer,
} from "../../local/issuer/issuer-github.ts";
import { startIssuer, type LocalIssuer } from "../../local/issuer/issuer.ts";
import { runCommand } from "../../local/system/processes.ts";
import {
  nameOf,
  type Rig,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import { callEvent, startWarm, type WarmFunction } from "../fixtures/warm.ts";

jest.setTimeout(120_000);

const audience = "ai-gate.acme.app/issuers";
let rig: Rig;
let staff: LocalIssuer;
let isStaffDown = false;
let github: GithubIssuer;
let gate: Run;
let warm: WarmFunction;

beforeAll(async () => {
  rig = await startRig({
    hosts: {
      "login.acme.com": (request, response) => {
        if (isStaffDown) request.socket.destroy();
        else staff.answer(request, response);
      },
      "token.actions.githubusercontent.com": (request, response) =>
        github.answer(request, response),
    },
  });
  const { authority } = rig.cloud;
  staff = await startIssuer({
    authority,
    issuer: "https://login.acme.com",
    algorithms: ["ES256"],
  });
  github = await startGithubIssuer({
    authority,
    issuer: "https://token.actions.githubusercontent.com",
  });
  gate = await rig.up("issuers", {
    files: {
      "ai-gate.yml": `
auth:
  issuers:
    staff: { issuer: "${staff.issuer}", audience: gate, algorithms: [ES256] }
upstreams:
  plain: { url: https://upstream.example.com/score }
routes:
  - { path: /score, methods: [GET], upstream: plain }
consumers:
  - { id: people, jwt: { issuer: staff } }
  - { id: deploys, github: { repository-id: 456789, environment: prod } }
`,
    },
  });
  // Whatever else the cloud runs, this process is the only one that asks from here on.
  warm = startWarm(rig.cloud, `${nameOf("issuers")}-authorizer`);
  await warm.invoke(event("unknown"));
  staff.clear();
});
afterAll(async () => {
  warm.stop();
  await Promise.all([staff.stop(), github.stop()]);
  await rig.cloud.stop();
});

const event = (token: string) =>
  callEvent(gate, { method: "GET", path: "/score", token });
const minute = 60_000;
const person = (header: object = {}) =>
  staff.token(
    { sub: "jane", aud: "gate", exp: Math.floor(Date.now() / 1000) + 864_000 },
    { header: { ...header } },
  );
const ask = async (token: string): Promise<string> =>
  (await warm.invoke(event(token))).error ?? "allowed";

test("a flood of unknown keys asks the issuer nothing at first, and then once in thirty seconds", async () => {
  const flood = async (): Promise<string[]> => {
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        person({ kid: `random-${index}-${Math.random()}` }),
      ),
    );
    return Promise.all(tokens.map(ask));
  };
  expect(new Set(await flood())).toEqual(new Set(["Unauthorized"]));
  expect(staff.requests().length).toBeLessThanOrEqual(1);
  staff.clear();
  warm.advance(31_000);
  await flood();
  await flood();
  expect(staff.requests()).toEqual(["GET /.well-known/jwks.json"]);
  expect(await ask(await person())).toBe("allowed");
});

test("a new key is fetched when its first token comes, and the old one is trusted no longer", async () => {
  const old = await person();
  await staff.rotate();
  staff.clear();
  warm.advance(31_000);
  expect(await ask(await person())).toBe("allowed");
  expect(await ask(old)).toBe("Unauthorized");
  expect(staff.requests()).toHaveLength(1);
});

test("an issuer that is down is missed only after a day, and found again at once", async () => {
  isStaffDown = true;
  warm.advance(11 * minute);
  expect(await ask(await person())).toBe("allowed");
  expect(warm.log().join("\n")).toContain("issuer-keys-stale");
  warm.advance(24 * 60 * minute);
  expect(await ask(await person())).toBe("issuer-keys-unavailable");
  isStaffDown = false;
  warm.advance(6000);
  expect(await ask(await person())).toBe("allowed");
});

test("no log line has a token, and every line says who and why", async () => {
  const token = await person();
  await ask(token);
  const lines = warm.log();
  expect(lines.join("\n")).not.toContain(token.split(".")[2]);
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
    decision: "allow",
    consumer: "people",
    mode: "jwt",
    issuer: "staff",
  });
});

describe("a step of a workflow", () => {
  /** What the README tells callers to write, in a shell. */
  const script = `
    ID_TOKEN=$(curl -fsS -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
      "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$AUDIENCE" | sed -E 's/.*"value":"([^"]+)".*/\\1/')
    curl -sS -o /dev/null -w '%{http_code}' "$URL" -H "Authorization: Bearer $ID_TOKEN"`;
  const step = async (
    job: Parameters<GithubIssuer["jobToken"]>[0],
    asked = audience,
  ): Promise<string> => {
    const { stdout } = await runCommand({
      file: "/bin/sh",
      arguments: ["-c", script],
      env: {
        PATH: process.env["PATH"] ?? "",
        ...rig.cloud.env,
        ...github.jobEnvironment(job),
        AUDIENCE: asked,
        URL: gate.outputs["invoke-url"] ?? "",
      },
      directory: rig.cloud.directory,
    });
    return stdout;
  };

  test.each([
    ["its environment", { environment: "prod" }, audience, "200"],
    ["no environment", {}, audience, "401"],
    ["another environment", { environment: "test" }, audience, "401"],
    [
      "another repository's environment of that name",
      { environment: "prod", repositoryId: "1" },
      audience,
      "401",
    ],
    ["another audience", { environment: "prod" }, "other", "401"],
    [
      "an outsider's pull request against it",
      { environment: "prod", event: "pull_request_target" },
      audience,
      "401",
    ],
  ])("with %s", async (_, job, asked, status) => {
    expect(await step(job, asked)).toBe(status);
  });
});
