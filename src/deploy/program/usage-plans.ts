// Usage plans: how many calls each consumer has. API Gateway takes a call's key from the authorizer's answer, never from the
// caller, and once a method counts by key, a call without one is refused: so consumers without a plan share a key as well.
import { ApiKey } from "@pulumi/aws/apigateway/apiKey";
import type { RestApi } from "@pulumi/aws/apigateway/restApi";
import type { Stage } from "@pulumi/aws/apigateway/stage";
import {
  UsagePlan,
  type UsagePlanArgs,
} from "@pulumi/aws/apigateway/usagePlan";
import { UsagePlanKey } from "@pulumi/aws/apigateway/usagePlanKey";
import type { Plan } from "../../gate/gate.ts";
import { type UsageKey, usageKeysOf } from "../../gate/usage-keys.ts";
import { sha256 } from "../names.ts";
import type { ProgramParameters } from "./parameters.ts";

export function declarePlans(
  parameters: ProgramParameters,
  api: RestApi,
  stage: Stage,
): void {
  const { gate, name, tags } = parameters;
  const declare = (
    logicalName: string,
    suffix: string,
    limits: UsagePlanArgs,
  ) =>
    new UsagePlan(logicalName, {
      name: `${name}-${suffix}`,
      apiStages: [{ apiId: api.id, stage: stage.stageName }],
      ...limits,
      tags,
    });
  const plans = new Map(
    gate.plans.map((plan) => [
      plan.name,
      declare(`plan-${plan.name}`, plan.name, limitsOf(plan)),
    ]),
  );
  for (const key of usageKeysOf(gate, sha256)) {
    const plan =
      key.plan === undefined
        ? declare(sharedPlan, "unlimited", {})
        : plans.get(key.plan);
    if (plan === undefined) throw new Error("a usage key of an unknown plan");
    declareKey(parameters, key, plan);
  }
}

/** No name of a plan or a consumer can come to it: theirs start with `plan-`. */
const sharedPlan = "unlimited-plan";

function limitsOf({ burst, quota, rate }: Plan): UsagePlanArgs {
  return {
    throttleSettings: { rateLimit: rate, burstLimit: burst },
    ...(quota === undefined ? {} : { quotaSettings: quota }),
  };
}

function declareKey(
  { name, tags }: ProgramParameters,
  { consumer, value }: UsageKey,
  plan: UsagePlan,
): void {
  const logicalName =
    consumer === undefined ? `${sharedPlan}-key` : `plan-key-${consumer}`;
  const key = new ApiKey(logicalName, {
    name: `${name}-${consumer ?? "unlimited"}`,
    description: "Counts the calls of a consumer; opens nothing",
    value,
    tags,
  });
  new UsagePlanKey(
    logicalName,
    { keyId: key.id, keyType: "API_KEY", usagePlanId: plan.id },
    // A key can be in one plan of a stage only, so it must leave the old plan before it can join another.
    { deleteBeforeReplace: true },
  );
}
