import { type ApiKey, newId, type UsagePlan } from "../model.ts";
import {
  apiById,
  type Call,
  type Handler,
  member,
  page,
  param,
} from "./call.ts";
import { badRequest, conflict, notFound } from "./errors.ts";
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
import {
  invalidPath,
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toAmount,
} from "./patch.ts";

type ApiStage = UsagePlan["apiStages"][number];
type Throttle = NonNullable<UsagePlan["throttle"]>;

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
  store.planKeys.set(id, new Map());
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
function checkStage(
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
function checkPeriod(period: string): void {
  if (!["DAY", "WEEK", "MONTH"].includes(period))
    throw badRequest(
      "Usage Plan quota period is not valid. Valid options are DAY,WEEK,MONTH",
    );
}

function thePlan(call: Call): UsagePlan {
  return member(
    call.store.usagePlans,
    param(call, "plan"),
    "Invalid Usage Plan ID specified",
  );
}

/** One plan is shown with its tags, a list without. */
const planView = (plan: UsagePlan): object => ({
  ...plan,
  tags: plan.tags ?? {},
});

export const getUsagePlan: Handler = (call) => planView(thePlan(call));

export const getUsagePlans: Handler = (call) => {
  const plans = [...call.store.usagePlans.values()];
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

/** Usage plans forget stages that are gone. */
export function detachStages(
  call: Call,
  gone: (stage: { readonly apiId: string; readonly stage: string }) => boolean,
): void {
  for (const plan of call.store.usagePlans.values())
    plan.apiStages = plan.apiStages.filter((stage) => !gone(stage));
}

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

const view = ({ id, name, value }: ApiKey): object => ({
  id,
  ...defined({ name }),
  type: "API_KEY",
  value,
});

export const createUsagePlanKey: Handler = (call) => {
  const plan = thePlan(call);
  if (text(call.body, "keyType") !== "API_KEY")
    throw badRequest("Usage Plan Key type must be API_KEY"); // ours
  const keyId = text(call.body, "keyId") ?? "";
  const key = member(
    call.store.apiKeys,
    keyId,
    "Invalid API Key identifier specified",
  );
  const keys = call.store.planKeys.get(plan.id) ?? new Map<string, number>();
  if (keys.has(key.id)) throw conflict("Usage Plan Key already exists"); // ours
  checkStages(call, plan, key);
  call.store.planKeys.set(plan.id, keys.set(key.id, call.now));
  return view(key);
};

/** A key belongs to one plan a stage. */
function checkStages(call: Call, plan: UsagePlan, key: ApiKey): void {
  const named = ({ apiId, stage }: UsagePlan["apiStages"][number]): string =>
    `${apiId}:${stage}`;
  const mine = new Set(plan.apiStages.map(named));
  for (const [id, keys] of call.store.planKeys)
    if (
      keys.has(key.id) &&
      call.store.usagePlans
        .get(id)
        ?.apiStages.some((each) => mine.has(named(each)))
    )
      throw conflict(
        `API Key ${key.id} cannot be added to more than one usage plan of a stage`,
      ); // ours
}

/** An unknown plan has an empty list, AWS does not complain. */
export const getUsagePlanKeys: Handler = (call) => {
  const ids = call.store.planKeys.get(param(call, "plan"));
  const keys = [...call.store.apiKeys.values()]
    .reverse()
    .filter(({ id }) => ids?.has(id));
  return page(call, keys.map(view));
};

function theKeyOf(call: Call): { plan: UsagePlan; key: ApiKey } {
  const plan = thePlan(call);
  const key = call.store.apiKeys.get(param(call, "key"));
  if (!key || !call.store.planKeys.get(plan.id)?.has(key.id))
    throw notFound("Invalid Usage Plan Key identifier specified"); // ours
  return { plan, key };
}

export const getUsagePlanKey: Handler = (call) => view(theKeyOf(call).key);

export const deleteUsagePlanKey: Handler = (call) => {
  const { plan, key } = theKeyOf(call);
  call.store.planKeys.get(plan.id)?.delete(key.id);
  return undefined;
};
