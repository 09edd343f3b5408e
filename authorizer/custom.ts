// In front of the user's own authorizer: asks it about the caller, and lets nothing through but a policy and a name. What
// else it returns (a context above all) never reaches the gate's routes, so nothing it leaves out can leak there either.
import type { CallAws } from "./aws.ts";
import { explain, InternalFailure, Refusal } from "./failure.ts";
import { isObject, parseJson, type JsonObject } from "./json.ts";
import type { PolicyDocument } from "./policy.ts";
import { either, list, object, oneOf, text } from "./shape.ts";
import type { HttpResponse } from "./transport.ts";

export interface CustomAnswer {
  /** Stands in a header: `custom` when the user's name for the caller could not. */
  readonly name: string;
  readonly policyDocument: PolicyDocument;
}

/** Gives the user's function its ten seconds, and ours the time to answer. */
const timeout = 12_000;
const limit = 64 * 1024;
const headerSafe = /^[\x21-\x7e]{1,128}$/;

/** The longest resource that API Gateway accepts has 512 characters. */
const printable = text(/^[\x20-\x7e]{1,512}$/);
const printables = either(list(1, 1000, printable), printable);
/** Other keys (NotResource, Condition, …) narrow or widen a statement: without them it would say something else. */
const statement = object(
  {
    Effect: oneOf<"Allow" | "Deny">("Allow", "Deny"),
    Action: printables,
    Resource: printables,
  },
  { Sid: printable },
);
const readAnswer = object(
  {
    principalId: text(/[^]/),
    policyDocument: object(
      { Statement: either(list(1, 1000, statement), statement) },
      { Version: oneOf("2012-10-17" as const), Id: printable },
    ),
  },
  {},
  true,
);

/**
 * @param event the event of API Gateway, passed on as it is
 * @throws Refusal when the function fails with exactly `Unauthorized`, as API Gateway has it
 * @throws InternalFailure for every other failure and for every answer that is no policy
 */
export async function askCustom(
  event: JsonObject,
  name: string,
  callAws: CallAws,
): Promise<CustomAnswer> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(event);
  try {
    return takeAnswer(await callAws(invocation(name, headers, body)));
  } catch (error) {
    throw explain(error, name, "custom-unavailable", "custom-invalid");
  }
}

/** Opens the connection ahead. A dry run checks that the function may be invoked, and does not invoke it. */
export async function warmCustom(
  name: string,
  callAws: CallAws,
): Promise<void> {
  await callAws(invocation(name, { "x-amz-invocation-type": "DryRun" }, ""));
}

function invocation(
  name: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) {
  const path = `/2015-03-31/functions/${name}/invocations`;
  return { service: "lambda", path, headers, body, timeout, limit };
}

function takeAnswer({ headers, body }: HttpResponse): CustomAnswer {
  const answer = parseJson(body);
  if (headers["x-amz-function-error"] !== undefined) {
    if (isObject(answer) && answer["errorMessage"] === "Unauthorized")
      throw new Refusal("custom-refused");
    throw new InternalFailure("custom-failed");
  }
  const { principalId, policyDocument } = readAnswer(answer, "answer");
  return {
    name: headerSafe.test(principalId) ? principalId : "custom",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [policyDocument.Statement].flat(),
    },
  };
}
