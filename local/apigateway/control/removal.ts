// What goes with an API or a stage when it is deleted, and what keeps AWS from deleting it.

import type { Call } from "./call.ts";
import { badRequest } from "./errors.ts";

export function deletedApi(call: Call, apiId: string): void {
  const { store } = call;
  const mapped = [...store.domainNames.values()].some(({ mappings }) =>
    [...mappings.values()].some(({ restApiId }) => restApiId === apiId),
  );
  if (mapped)
    throw badRequest(
      "Please remove all base path mappings related to the API in your account before deleting the API.",
    );
  store.apis.delete(apiId);
  detachStages(call, (stage) => stage.apiId === apiId);
}

/** Usage plans forget stages that are gone. */
export function detachStages(
  call: Call,
  gone: (stage: { readonly apiId: string; readonly stage: string }) => boolean,
): void {
  for (const plan of call.store.usagePlans.values())
    plan.apiStages = plan.apiStages.filter((stage) => !gone(stage));
}
