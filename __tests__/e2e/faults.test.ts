// Runs that are cut short at points that a seed chooses: each leaves a stack that is unlocked, or that `unlock` frees, and the next up
// has the whole gate once. `npm run test:faults` takes more points than the suite.
import { appendFileSync } from "node:fs";
import { type Rig, startRig } from "../fixtures/action-rig.ts";
import { cutShort, pointsOf } from "../fixtures/faults.ts";

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

const whole = {
  inputs: {
    path: "a",
    upstream: "https://upstream.example.com",
    tokens: "team-a=canary.0123456789abcdefghijklmnopqrstuv",
  },
};
