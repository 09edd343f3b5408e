// Usage plans: throttles and quotas for stages.

import type { UsagePlan } from "../model.ts";
import { newId } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import {
  amount,
  defined,
  isObject,
  type Json,
  list,
  object,
  text,
  textMap,
  without,
} from "./input.ts";
import { apiById, member } from "./lookup.ts";

type ApiStage = UsagePlan["apiStages"][number];
export type Throttle = NonNullable<UsagePlan["throttle"]>;

export const createUsagePlan: Handler = (call) => {
  const { body, store } = call;
  const id = newId(6);
  const name = text(body, "name");
  if (!name) throw badRequest("Usage Plan name cannot be blank"); // ours
  const throttle = object(body, "throttle");
  const tags = textMap(body, "tags") ?? {};
  const stages = list(body, "apiStages")?.filter(isObject) ?? [];
  const plan: UsagePlan = {
    id,
    name,
    apiStages: stages.map((stage) => readStage(call, stage, id)),
    ...defined({
      description: text(body, "description"),
      throttle: throttle && readThrottle(throttle),
      quota: readQuota(object(body, "quota")),
      tags: Object.keys(tags).length > 0 ? tags : undefined,
    }),
  };
  store.usagePlans.set(id, plan);
  store.planKeys.set(id, new Set());
  return plan;
};

function readStage(call: Call, input: Json, plan: string): ApiStage {
  const stage = {
    apiId: text(input, "apiId") ?? "",
    stage: text(input, "stage") ?? "",
  };
  checkStage(call, stage, plan);
  const throttle = object(input, "throttle");
  if (!throttle) return stage;
  const limits = Object.entries(throttle).map(([path, limit]) => [
    path,
    readThrottle(isObject(limit) ? limit : {}),
  ]);
  return {
    ...stage,
    throttle: Object.fromEntries(limits) as Record<string, Throttle>,
  };
}

/** @throws ServiceError 404 with AWS's text */
export function checkStage(
  call: Call,
  { apiId, stage }: ApiStage,
  plan: string,
): void {
  if (!apiById(call, apiId)?.stages.has(stage))
    throw notFound(
      `Invalid API Stage {api: ${apiId}, stage: ${stage}} specified for usageplan ${plan}`,
    );
}

/** A burst over the rate is accepted. */
function readThrottle(input: Json): Throttle {
  return {
    burstLimit: Math.trunc(amount(input, "burstLimit") ?? 0),
    rateLimit: amount(input, "rateLimit") ?? 0,
  };
}

function readQuota(input: Json | undefined): UsagePlan["quota"] {
  if (!input) return undefined;
  const period = text(input, "period") ?? "";
  checkPeriod(period);
  return {
    limit: amount(input, "limit") ?? 0,
    offset: amount(input, "offset") ?? 0,
    period,
  };
}

/** @throws ServiceError (the text is ours) */
export function checkPeriod(period: string): void {
  if (!["DAY", "WEEK", "MONTH"].includes(period))
    throw badRequest(
      "Usage Plan quota period is not valid. Valid options are DAY,WEEK,MONTH",
    );
}

export function thePlan(call: Call): UsagePlan {
  return member(
    call.store.usagePlans,
    param(call, "plan"),
    "Invalid Usage Plan ID specified",
  );
}

/** One plan is shown with its tags, a list without. */
export const planView = (plan: UsagePlan): object => ({
  ...plan,
  tags: plan.tags ?? {},
});

export const getUsagePlan: Handler = (call) => planView(thePlan(call));

export const getUsagePlans: Handler = (call) => {
  const key = call.query.get("keyId");
  const plans = [...call.store.usagePlans.values()].filter(
    ({ id }) => key === null || call.store.planKeys.get(id)?.has(key),
  );
  return page(
    call,
    plans.map((plan) => without(plan, "tags")),
  );
};

export const deleteUsagePlan: Handler = (call) => {
  const plan = thePlan(call);
  // Terraform's provider takes the stages out first because AWS asks for it; the text is ours.
  if (plan.apiStages.length > 0)
    throw badRequest(
      `Usage Plan ${plan.id} has API stages associated with it. Please remove them first.`,
    );
  call.store.usagePlans.delete(plan.id);
  call.store.planKeys.delete(plan.id);
  return undefined;
};
