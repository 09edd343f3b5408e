// Lambda: statements of a function's resource policy.
import { restCall, type Cloud } from "../aws/cloud.ts";
import { unlessGone, type AwsError } from "../aws/error.ts";
import { retryWhile } from "../aws/retry.ts";
import type { ResourceType } from "../resource.ts";
import {
  isMap,
  listOf,
  mapOf,
  present,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";

function policyPath(state: Properties): string {
  return `/2015-03-31/functions/${encodeURIComponent(textOf(state, "function"))}/policy`;
}

function qualified(state: Properties): string {
  const qualifier = textOf(state, "qualifier");
  return qualifier === "" ? "" : `?Qualifier=${encodeURIComponent(qualifier)}`;
}

async function findStatement(
  cloud: Cloud,
  id: string,
  state: Properties,
): Promise<Properties | undefined> {
  const path = policyPath(state) + qualified(state);
  const answer = await unlessGone(
    restCall(cloud, {
      service: "lambda",
      operation: "GetPolicy",
      method: "GET",
      path,
    }),
  );
  if (!answer) return undefined;
  const policy = JSON.parse(textOf(answer, "Policy") || "{}") as Properties;
  return listOf(policy, "Statement").find(
    (part): part is Properties => isMap(part) && part["Sid"] === id,
  );
}

/** A service or account principal is an object with one key, `*` a text. */
function principalOf(statement: Properties): Value {
  const principal = statement["Principal"];
  if (!isMap(principal)) return principal ?? "";
  return principal["AWS"] ?? principal["Service"] ?? "";
}

export const permission: ResourceType = {
  label: "Lambda Permission",
  inputs: {
    action: { replaces: true },
    eventSourceToken: { replaces: true },
    function: { replaces: true },
    principal: { replaces: true },
    qualifier: { replaces: true },
    sourceAccount: { replaces: true },
    sourceArn: { replaces: true },
    statementId: { replaces: true },
  },
  computed: [],
  autoname: { property: "statementId", longest: 100 },
  create: async (cloud, inputs, created) => {
    const body = present({
      Action: inputs["action"],
      EventSourceToken: inputs["eventSourceToken"],
      Principal: inputs["principal"],
      SourceAccount: inputs["sourceAccount"],
      SourceArn: inputs["sourceArn"],
      StatementId: inputs["statementId"],
    });
    const path = policyPath(inputs) + qualified(inputs);
    const call = {
      service: "lambda",
      operation: "AddPermission",
      method: "POST",
      path,
      body,
    } as const;
    // A new function, or a change of it that is still going on.
    const isEarly = (error: AwsError): boolean =>
      ["ResourceNotFoundException", "ResourceConflictException"].includes(
        error.code,
      );
    await retryWhile(cloud.wait, isEarly, () => restCall(cloud, call));
    created(textOf(inputs, "statementId"));
  },
  read: async (cloud, id, state) => {
    const statement = await findStatement(cloud, id, state);
    if (!statement) return undefined;
    const conditions = mapOf(statement, "Condition");
    return present({
      action: statement["Action"],
      function: state["function"],
      principal: principalOf(statement),
      sourceArn: mapOf(conditions, "ArnLike")["AWS:SourceArn"],
      sourceAccount: mapOf(conditions, "StringEquals")["AWS:SourceAccount"],
      statementId: id,
    });
  },
  delete: async (cloud, id, state) => {
    const path = `${policyPath(state)}/${encodeURIComponent(id)}${qualified(state)}`;
    await unlessGone(
      restCall(cloud, {
        service: "lambda",
        operation: "RemovePermission",
        method: "DELETE",
        path,
      }),
    );
  },
};
