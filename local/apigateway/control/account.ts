// The account's settings, one set a region, and tags by ARN. AWS's behaviour here is documented, not recorded.
import { accountKey, domainKey } from "../model.ts";
import { apiById, type Call, type Handler, param } from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import { textMap } from "./input.ts";
import { invalidPath, patched } from "./patch.ts";

function view(call: Call): object {
  const role = call.store.cloudwatchRoles.get(accountKey(call));
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
  if (role === "") call.store.cloudwatchRoles.delete(accountKey(call));
  else call.store.cloudwatchRoles.set(accountKey(call), role);
  return view(call);
};

interface Tagged {
  tags?: Record<string, string>;
}

function theTagged(call: Call): Tagged {
  const [, region = "", path = ""] =
    /^arn:[\w-]+:apigateway:([\w-]+)::\/(.+)$/.exec(param(call, "arn")) ?? [];
  if (region !== call.region)
    throw badRequest("Invalid ARN specified in the request");
  const found = at(call, path.split("/"));
  if (!found) throw notFound("Invalid resource ARN specified"); // ours
  return found;
}

function at(
  call: Call,
  [kind, id = "", child, name = ""]: readonly string[],
): Tagged | undefined {
  if (kind === "apikeys") return call.store.apiKeys.get(id);
  if (kind === "usageplans") return call.store.usagePlans.get(id);
  if (kind === "domainnames")
    return call.store.domainNames.get(domainKey(call.region, id));
  const record = kind === "restapis" ? apiById(call, id) : undefined;
  return child === "stages" ? record?.stages.get(name) : record?.parts.api;
}

export const getTags: Handler = (call) => ({
  tags: theTagged(call).tags ?? {},
});

export const tagResource: Handler = (call) => {
  const tagged = theTagged(call);
  set(tagged, { ...tagged.tags, ...textMap(call.body, "tags") });
  return undefined;
};

export const untagResource: Handler = (call) => {
  const tagged = theTagged(call);
  const gone = new Set(call.query.getAll("tagKeys"));
  const kept = Object.entries(tagged.tags ?? {}).filter(
    ([key]) => !gone.has(key),
  );
  set(tagged, Object.fromEntries(kept));
  return undefined;
};

function set(tagged: Tagged, tags: Record<string, string>): void {
  if (Object.keys(tags).length > 0) tagged.tags = tags;
  else delete tagged.tags;
}
