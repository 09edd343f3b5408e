// The account's API Gateway settings: one set a region. AWS's behaviour here is documented, not recorded.

import type { Call, Handler } from "./call.ts";
import { badRequest } from "./errors.ts";
import { invalidPath, patched } from "./patch.ts";

function view(call: Call): object {
  const role = call.store.cloudwatchRoles.get(call.region);
  return {
    ...(role === undefined ? {} : { cloudwatchRoleArn: role }),
    throttleSettings: { burstLimit: 5000, rateLimit: 10_000 },
    features: ["UsagePlans"],
    apiKeyVersion: "4",
  };
}

export const getAccount: Handler = (call) => view(call);

/** Whether API Gateway may assume the role is not looked at. */
export const updateAccount: Handler = (call) => {
  const before: { role?: string } = {};
  const { role = "" } = patched(before, call.body, {
    operation: "updateAccount",
    rules: [
      {
        path: /^\/cloudwatchRoleArn$/,
        ops: ["add", "replace", "remove"],
        apply: (account, { op, value = "" }) =>
          (account.role = op === "remove" ? "" : value),
      },
    ],
    refuse: invalidPath(["/cloudwatchRoleArn"]),
  });
  if (role !== "" && !/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(role))
    throw badRequest("The role ARN is not well formed"); // ours
  if (role === "") call.store.cloudwatchRoles.delete(call.region);
  else call.store.cloudwatchRoles.set(call.region, role);
  return view(call);
};
