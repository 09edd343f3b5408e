// UpdateUsagePlan: the patch paths of a usage plan.

import type { UsagePlan } from "../model.ts";
import type { Call, Handler } from "./call.ts";
import { badRequest } from "./errors.ts";
import {
  invalidPath,
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toAmount,
} from "./patch.ts";
import {
  checkPeriod,
  checkStage,
  planView,
  thePlan,
  type Throttle,
} from "./usage-plans.ts";

const paths = [
  "/name",
  "/description",
  "/productCode",
  "/apiStages",
  "/throttle",
  "/quota",
];

export const updateUsagePlan: Handler = (call) => {
  const plan = patched(thePlan(call), call.body, {
    operation: "updateUsagePlan",
    rules: rulesFor(call),
    refuse: invalidPath(paths),
  });
  call.store.usagePlans.set(plan.id, plan);
  return planView(plan);
};

const rulesFor = (call: Call): readonly PatchRule<UsagePlan>[] => [
  textRule<UsagePlan>("name"),
  textRule<UsagePlan>("description", ["add", "replace", "remove"]),
  {
    path: /^\/apiStages$/,
    ops: ["add", "remove"],
    apply: (plan, patch) => changeStages(call, plan, patch),
  },
  {
    path: /^\/apiStages\/([^:/]+:[^/]+)\/throttle$/,
    ops: ["remove"],
    apply: (plan, { parts: [at = ""] }) => delete stageOf(plan, at).throttle,
  },
  {
    path: /^\/apiStages\/([^:/]+:[^/]+)\/throttle\/(.+)\/(rateLimit|burstLimit)$/,
    ops: ["add", "replace"],
    apply: methodThrottle,
  },
  {
    path: /^\/throttle$/,
    ops: ["remove"],
    apply: (plan) => delete plan.throttle,
  },
  {
    path: /^\/throttle\/(rateLimit|burstLimit)$/,
    ops: ["add", "replace"],
    apply: planThrottle,
  },
  { path: /^\/quota$/, ops: ["remove"], apply: (plan) => delete plan.quota },
  {
    path: /^\/quota\/(limit|offset|period)$/,
    ops: ["add", "replace"],
    apply: quota,
  },
];

function changeStages(
  call: Call,
  plan: UsagePlan,
  { op, value = "" }: Patch,
): void {
  const [, apiId = "", stage = ""] = /^([^:]+):([^:]+)$/.exec(value) ?? [];
  if (apiId === "") throw badRequest("Invalid API Stage specified");
  checkStage(call, { apiId, stage }, plan.id);
  const others = plan.apiStages.filter(
    (each) => each.apiId !== apiId || each.stage !== stage,
  );
  if (op === "add" && others.length < plan.apiStages.length)
    throw badRequest(
      `API Stage ${value} is already associated with usageplan ${plan.id}`,
    ); // ours
  plan.apiStages = op === "add" ? [...others, { apiId, stage }] : others;
}

function stageOf(plan: UsagePlan, at: string): UsagePlan["apiStages"][number] {
  const found = plan.apiStages.find(
    ({ apiId, stage }) => `${apiId}:${stage}` === at,
  );
  if (!found) throw badRequest("Invalid API Stage specified");
  return found;
}

/** The method may be escaped (`~1pets/GET`) or not (`/pets/GET`); it is stored plain. */
function methodThrottle(plan: UsagePlan, patch: Patch): void {
  const [at = "", method = "", limit = ""] = patch.parts;
  const stage = stageOf(plan, at);
  const before = stage.throttle?.[method] ?? { burstLimit: 0, rateLimit: 0 };
  stage.throttle = {
    ...stage.throttle,
    [method]: limited(before, limit, patch),
  };
}

function planThrottle(plan: UsagePlan, patch: Patch): void {
  const [limit = ""] = patch.parts;
  plan.throttle = limited(
    plan.throttle ?? { burstLimit: 0, rateLimit: 0 },
    limit,
    patch,
  );
}

function limited(throttle: Throttle, limit: string, patch: Patch): Throttle {
  const value = toAmount(patch);
  return limit === "burstLimit"
    ? { ...throttle, burstLimit: Math.trunc(value) }
    : { ...throttle, rateLimit: value };
}

function quota(plan: UsagePlan, patch: Patch): void {
  const [member = ""] = patch.parts;
  const before = plan.quota ?? { limit: 0, offset: 0, period: "DAY" };
  if (member === "period") {
    checkPeriod(patch.value ?? "");
    plan.quota = { ...before, period: patch.value ?? "" };
    return;
  }
  plan.quota = { ...before, [member]: toAmount(patch) };
}
