// examples/regions.yml: one stack name in two regions of one account, side by side, with the real engine.
import { readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { callAws } from "../fixtures/action-rig.ts";
import { throughProxy } from "../fixtures/client.ts";
import { commentsOn, commit, pullEvent } from "../fixtures/pull-requests.ts";
import {
  runAction,
  type RunOptions,
  type RunResult,
} from "../fixtures/runner.ts";

jest.setTimeout(240_000);

interface Example {
  readonly jobs: {
    readonly deploy: {
      readonly strategy: { readonly matrix: { readonly region: string[] } };
      readonly steps: readonly {
        readonly uses: string;
        readonly with?: Readonly<Record<string, string>>;
      }[];
    };
  };
}

const { strategy, steps } = (
  load(
    readFileSync(
      path.join(import.meta.dirname, "../../examples/regions.yml"),
      "utf8",
    ),
  ) as Example
).jobs.deploy;
const regions = strategy.matrix.region;
const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";

const inputsIn = (region: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(steps.at(-1)?.with ?? {}).map(([name, value]) => [
      name,
      value
        .replace("${{ matrix.region }}", region)
        .replace("${{ secrets.GATE_TOKENS }}", `team-a=${token}`),
    ]),
  );

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({
    region: "eu-west-1",
    github: {
      repository: "acme/app",
      pulls: [{ number: 1, headRef: "gate", headSha: commit("01") }],
      tokens: {
        "ghs-regions": {
          login: "github-actions[bot]",
          type: "Bot",
          permission: "write",
        },
      },
    },
  });
  for (const region of regions)
    await callAws(cloud, {
      service: "ssm",
      region,
      target: "AmazonSSM.PutParameter",
      body: { Name: "/ai/openai", Value: "sk-local", Type: "SecureString" },
    });
});
afterAll(() => cloud.stop());

const runIn = (region: string, options: RunOptions = {}) =>
  runAction({
    ...options,
    inputs: {
      ...inputsIn(region),
      "github-token": "ghs-regions",
      ...options.inputs,
    },
    environment: {
      ...cloud.env,
      AWS_REGION: region,
      ...options.environment,
    },
  });

const allRun = (options: RunOptions = {}) =>
  Promise.all(regions.map((region) => runIn(region, options)));

const valuesOf = (runs: readonly RunResult[], output: string) =>
  runs.map(({ outputs }) => outputs[output]);

const call = ({ outputs }: RunResult) =>
  throughProxy(cloud, {
    method: "POST",
    url: `${outputs["base-url"] ?? ""}/openai/chat/completions`,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model: "gpt-5",
      messages: [{ role: "user", content: "Hi" }],
    }),
  });

test("a pull request gets a comment for each region", async () => {
  const event = pullEvent({ number: 1, headSha: commit("01") });
  const previews = await allRun(event);
  expect(previews.map(({ code }) => code)).toEqual([0, 0]);
  const bodies = commentsOn(cloud, 1).map(({ body }) => body);
  expect(bodies).toHaveLength(2);
  for (const region of regions)
    expect(
      bodies.filter((body) => body.includes(`region=${region} `)),
    ).toHaveLength(1);
});

test("both are brought up at once and called; to destroy one leaves the other as it is", async () => {
  const runs = await allRun();
  expect(valuesOf(runs, "ready")).toEqual(["true", "true"]);
  for (const name of ["api-id", "base-url"])
    expect(new Set(valuesOf(runs, name)).size).toBe(2);
  for (const [at, run] of runs.entries()) {
    expect(run.outputs["base-url"]).toContain(`.${regions[at]}.`);
    expect((await call(run)).status).toBe(200);
  }
  const [gone = "", left = ""] = regions;
  const destroyed = await runIn(gone, { inputs: { command: "destroy" } });
  expect(destroyed.code).toBe(0);
  const [, kept] = runs as [RunResult, RunResult];
  expect((await call(kept)).status).toBe(200);
  const after = await runIn(left);
  expect(after.outputs).toMatchObject({
    ready: "true",
    changed: "false",
    "api-id": kept.outputs["api-id"],
  });
});
