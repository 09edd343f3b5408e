// Which API keys belong to which usage plan.

import type { ApiKey, UsagePlan } from "../model.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest, conflict, notFound } from "./errors.ts";
import { defined, text } from "./input.ts";
import { member } from "./lookup.ts";
import { thePlan } from "./usage-plans.ts";

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
  const keys = call.store.planKeys.get(plan.id) ?? new Set();
  if (keys.has(key.id)) throw conflict("Usage Plan Key already exists"); // ours
  checkStages(call, plan, key);
  call.store.planKeys.set(plan.id, keys.add(key.id));
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
  const ids = call.store.planKeys.get(param(call, "plan")) ?? new Set<string>();
  const keys = [...call.store.apiKeys.values()]
    .reverse()
    .filter(({ id }) => ids.has(id));
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
