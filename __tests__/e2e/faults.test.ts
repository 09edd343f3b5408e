// Runs that are cut short at points that a seed chooses: each leaves a stack that is unlocked, or that `unlock` frees, and the next up
// has the whole gate once. `npm run test:faults` takes more points than the suite.
import { appendFileSync } from "node:fs";
import { type Rig, startRig } from "../fixtures/action-rig.ts";
import { playSample } from "../fixtures/aws-faults.ts";
import { createFaultGate } from "../fixtures/fault-gates.ts";
import { agents } from "../fixtures/fault-results.ts";
import { cutShort, generator, pointsOf } from "../fixtures/faults.ts";

jest.setTimeout(400_000);

const { AI_GATE_FAULT_POINTS: count, AI_GATE_FAULT_SEED: seed } = process.env;
const results = process.env["AI_GATE_FAULT_RESULTS"];
const all = pointsOf(Number(seed ?? 1), Number(count ?? 50));
// Of each ending one, of both commands.
const some = all.filter((_, at) => at % 5 === 0).slice(0, 4);
const points = count === undefined ? some : all;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.cloud.stop());

test.each(points.map((point, at) => [at, point] as const))(
  "%i %j",
  async (at, point) => {
    const stack = `fault-${at}`;
    if (point.command === "destroy") await rig.up(stack, whole);
    const outcome = await cutShort(rig, stack, point);
    if (results !== undefined)
      appendFileSync(results, `${JSON.stringify({ at, point, outcome })}\n`);
    await rig.run("destroy", stack);
    expect(outcome).toMatchObject({
      processes: 0,
      up: "ready",
      resources: {
        apis: 1,
        deployments: 1,
        stages: 1,
        statements: 1,
        roles: 1,
        functions: 1,
        logGroups: 1,
      },
      opened: 0,
    });
  },
);

// `npm run test:faults -- aws` plays them all.
if (count === undefined)
  test("AWS that fails once in each operation is asked again, and one that refuses is one line", async () => {
    const results = await playSample(rig.cloud, generator(Number(seed ?? 1)));
    const [refused, ...passed] = [...results].reverse();
    expect(passed.length).toBeGreaterThan(10);
    expect(results.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(new Set(passed.map(({ ending }) => ending))).toEqual(
      new Set(["done"]),
    );
    expect(refused).toMatchObject({
      ending: "one line",
      reason: "aws-denied",
      message: expect.stringContaining("AWS refuses s3:GetObject on") as string,
    });
  });

if (count === undefined)
  test.each([
    {
      who: "the engine",
      agent: agents.engine,
      outputs: { ready: "true" },
      says: undefined,
    },
    {
      who: "the role",
      agent: /./,
      outputs: { ready: "false", "failure-reason": "aws-denied" },
      says: "allow s3:DeleteObject",
    },
  ])(
    "where $who may not remove a lock its own run does not wait for it",
    async ({ agent, outputs, says }) => {
      const gate = await createFaultGate(rig.cloud, "plain");
      rig.cloud.gateway.failNext({
        service: "s3",
        operation: "DeleteObject",
        status: 403,
        errorType: "AccessDenied",
        message: "Access Denied",
        agent,
        caller: gate.account,
        times: Infinity,
      });
      const up = await gate.run("up");
      rig.cloud.gateway.forgetFaults(gate.account);
      expect(up.outputs).toMatchObject(outputs);
      const errors = up.annotations.filter(({ level }) => level === "error");
      expect(errors.map(({ message }) => message)).toEqual(
        says === undefined ? [] : [expect.stringContaining(says)],
      );
    },
  );

const whole = {
  inputs: {
    path: "a",
    upstream: "https://upstream.example.com",
    tokens: "team-a=canary.0123456789abcdefghijklmnopqrstuv",
  },
};
