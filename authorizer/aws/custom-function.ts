import { isObject, type JsonObject } from "../../contract/readers.ts";
import { readCustomAnswer, type CustomAnswer } from "../custom-policy.ts";
import { explain, InternalFailure } from "../failure.ts";
import { parseJson } from "../json.ts";
import type { CallAws } from "./call.ts";
import type { HttpResponse } from "./transport.ts";

/** The user's function has ten seconds. */
const timeout = 12_000;
const limit = 64 * 1024;

/** @throws InternalFailure for every failure but `Unauthorized`, and for an answer that is no policy */
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

/** Opens the connection; DryRun does not invoke the function. */
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
      return { kind: "unauthorized" };
    throw new InternalFailure("custom-failed");
  }
  return readCustomAnswer(answer);
}
