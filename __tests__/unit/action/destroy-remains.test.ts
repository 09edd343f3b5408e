// The order in which a gate without a state goes: AWS refuses to delete an API that a path of a domain name leads to.
import { destroyRemains } from "../../../src/action/stack/half-made.ts";
import type { Adoptable } from "../../../src/deploy/adoption.ts";
import type { GateStack, Operation } from "../../../src/deploy/stack.ts";
import { newStack } from "../../../src/deploy/stack-state.ts";
import { GateFailure } from "../../../src/gate/failure.ts";

const remain = (type: string): Adoptable => ({ type, name: type, id: type });
const [api, path, plan, key] = [
  "aws:apigateway/restApi:RestApi",
  "aws:apigateway/basePathMapping:BasePathMapping",
  "aws:apigateway/usagePlan:UsagePlan",
  "aws:apigateway/usagePlanKey:UsagePlanKey",
].map(remain) as [Adoptable, Adoptable, Adoptable, Adoptable];

async function destroyed(remains: readonly Adoptable[], failing?: string) {
  const steps: string[] = [];
  const step = (text: string): Promise<Operation> => {
    steps.push(text);
    const failure = new GateFailure("engine", "no");
    const events = [{ sequence: steps.length, timestamp: 1 }];
    const done = { events, outputs: {} };
    return Promise.resolve(text === failing ? { ...done, failure } : done);
  };
  const names = (all: readonly Adoptable[]) =>
    all.map(({ id }) => id.split(":").at(-1)).join();
  const unused = () => Promise.reject(new Error("not asked for"));
  const stack: GateStack = {
    outputs: {},
    secretOutputs: () => Promise.resolve({}),
    condition: newStack,
    preview: unused,
    up: unused,
    refresh: unused,
    drift: unused,
    cancel: unused,
    adopt: (all) => step(`adopt ${names(all)}`),
    destroy: (remove, only = []) =>
      step(`destroy ${remove ? "all and the stack" : names(only) || "all"}`),
  };
  const { events, failure } = await destroyRemains(stack, remains, true);
  return { steps, events: events.length, failed: failure !== undefined };
}

test("what is in the way goes first, after all of it is in the state", async () => {
  expect(await destroyed([api, plan, path, key])).toEqual({
    steps: [
      "adopt RestApi,UsagePlan,BasePathMapping,UsagePlanKey",
      "destroy BasePathMapping,UsagePlanKey",
      "destroy UsagePlan",
      "destroy all and the stack",
    ],
    events: 4,
    failed: false,
  });
});

test("a plain gate goes at once", async () => {
  expect((await destroyed([api])).steps).toEqual([
    "adopt RestApi",
    "destroy all and the stack",
  ]);
});

test("a step that failed is the last", async () => {
  const { events, failed, steps } = await destroyed(
    [api, path],
    "destroy BasePathMapping",
  );
  expect([steps.length, events, failed]).toEqual([2, 2, true]);
});
