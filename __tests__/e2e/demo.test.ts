// The demo's whole story through act, checked: every workflow run, and every secret of the story looked for where it must not be.
import { printedProgress } from "../../local/system/progress.ts";
import {
  canaries,
  type Demo,
  pullRequest,
  runDemo,
} from "../../local/demo/demo-flow.ts";

jest.setTimeout(300_000);

let demo: Demo;

beforeAll(async () => {
  demo = await runDemo({ progress: printedProgress() });
});

const gate = (run: "preview" | "deploy" | "update") =>
  demo[run].outputs["deploy"]!["gate"]!;

test("the pull request is previewed, and only previewed", () => {
  expect(demo.preview.code).toBe(0);
  expect(demo.preview.jobs).toEqual({
    deploy: "success", // and no smoke test: a preview has no gate to call
  });
  expect(gate("preview")["create-count"]).toBe("9");
});

test("the pull request carries one comment with the verdict, the route and the diagram", () => {
  expect(demo.comments).toHaveLength(1);
  expect(demo.comments[0]).toContain("**9 to create**");
  expect(demo.comments[0]).toContain("```mermaid");
  expect(gate("preview")["comment-id"]).toMatch(/^\d+$/);
  expect(pullRequest).toBeGreaterThan(0);
});

test("the push deploys, and a later job gets the model's answer at the invoke URL", () => {
  expect(demo.deploy.jobs).toEqual({
    deploy: "success",
    "smoke-test": "success",
  });
  expect(gate("deploy")["ready"]).toBe("true");
  const printed = demo.deploy.lines
    .filter(({ job }) => job === "smoke-test")
    .map(({ text }) => text);
  expect(printed.join("\n")).toContain('"content":"You said: Say hello"');
});

test("the summary of the deploying step holds the proof", () => {
  expect(demo.deploy.summaries.map(({ text }) => text).join("\n")).toContain(
    "Proof: 9 checks passed",
  );
});

test("no output that a later job needs is masked: GitHub would drop it", () => {
  for (const name of ["invoke-url", "base-url", "region", "stage-name"]) {
    for (const secret of demo.deploy.masked)
      expect(gate("deploy")[name]).not.toContain(secret);
  }
});

test("the update proves the old route gone", () => {
  const proof = JSON.parse(gate("update")["proof"]!) as {
    title: string;
    status: string;
  }[];
  expect(
    proof
      .filter(({ title }) => title.endsWith("removed"))
      .map(({ status }) => status),
  ).toEqual(["passed", "passed"]);
});

test("the destroy leaves no API, and deletes everything that was made", () => {
  expect(demo.destroy.jobs).toEqual({ destroy: "success" });
  expect(demo.apisLeft).toBe(0);
  const {
    CreateFunction,
    CreateLogGroup,
    CreateRestApi,
    CreateRole,
    CreateDeployment,
  } = demo.writes;
  const {
    DeleteFunction,
    DeleteLogGroup,
    DeleteRestApi,
    DeleteRole,
    DeleteDeployment,
  } = demo.writes;
  expect([
    DeleteFunction,
    DeleteLogGroup,
    DeleteRestApi,
    DeleteRole,
    DeleteDeployment,
  ]).toEqual([
    CreateFunction,
    CreateLogGroup,
    CreateRestApi,
    CreateRole,
    CreateDeployment,
  ]);
});

test("the AI service got its own key and never the caller's token", () => {
  expect(demo.upstreamSaw).toContain(canaries.upstreamKey);
  expect(demo.upstreamSaw).not.toContain(canaries.token);
});

test("nothing the action masked (tokens, proof key and its JWTs, passphrase) is in state, code, comment or output", () => {
  const masked = [demo.preview, demo.deploy, demo.update, demo.destroy].flatMap(
    (run) => run.masked,
  );
  expect(new Set(masked).size).toBeGreaterThan(5);
  expect(demo.stored).toContain("ciphertext");
  const published = JSON.stringify([
    demo.comments,
    demo.deploy.outputs,
    demo.update.outputs,
  ]);
  for (const secret of masked) {
    expect(demo.stored).not.toContain(secret);
    expect(published).not.toContain(secret);
  }
});

describe.each(Object.entries(canaries))("%s", (_name, secret) => {
  test("is in no output, comment, summary or state, and in no log line but its mask", () => {
    for (const run of [demo.preview, demo.deploy, demo.update, demo.destroy]) {
      expect(JSON.stringify([run.outputs, run.summaries])).not.toContain(
        secret,
      );
      // act prints `::add-mask::` lines and the environment of a step that was given the secret by the workflow's author.
      const ours = run.output
        .split("\n")
        .filter(
          (line) =>
            line.includes(secret) && !line.includes('"command":"add-mask"'),
        );
      expect(ours).toEqual([]);
    }
    expect(demo.comments.join("\n")).not.toContain(secret);
    expect(demo.stored).not.toContain(secret);
  });
});
