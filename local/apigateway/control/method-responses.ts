// Method responses and integration responses: keyed by status code, put before or after each other.

import type {
  Integration,
  IntegrationResponse,
  Method,
  MethodResponse,
} from "../model.ts";
import { type Call, type Handler, param } from "./call.ts";
import { badRequest, constraint, notFound, validation } from "./errors.ts";
import { defined, flagMap, object, text, textMap } from "./input.ts";
import { readContentHandling } from "./integration-values.ts";
import { theIntegration, theMethod } from "./lookup.ts";
import { checkResponseMappings, readTemplates } from "./mapping-expressions.ts";
import {
  invalidPath,
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";

/** @throws ServiceError with AWS's text */
function statusCodeOf(call: Call): string {
  const status = param(call, "status");
  if (/^[1-5]\d\d$/.test(status)) return status;
  throw validation([
    constraint(
      status,
      "statusCode",
      "Member must satisfy regular expression pattern: [1-5]\\d\\d",
    ),
  ]);
}

const unknownStatus = (): Error =>
  notFound("Invalid Response status code specified");

export const putMethodResponse: Handler = (call) => {
  const { method } = theMethod(call);
  const statusCode = statusCodeOf(call);
  const response: MethodResponse = {
    statusCode,
    ...defined({
      responseParameters: flagMap(call.body, "responseParameters"),
      responseModels: textMap(call.body, "responseModels"),
    }),
  };
  method.methodResponses = {
    ...method.methodResponses,
    [statusCode]: response,
  };
  return response;
};

function theMethodResponse(call: Call): {
  method: Method;
  response: MethodResponse;
} {
  const { method } = theMethod(call);
  const response = method.methodResponses?.[statusCodeOf(call)];
  if (!response) throw unknownStatus();
  return { method, response };
}

export const getMethodResponse: Handler = (call) =>
  theMethodResponse(call).response;

export const deleteMethodResponse: Handler = (call) => {
  const { method, response } = theMethodResponse(call);
  removeStatus(method, "methodResponses", response.statusCode);
  return undefined;
};

export const updateMethodResponse: Handler = (call) => {
  const { method, response } = theMethodResponse(call);
  const changed = patched(response, call.body, {
    operation: "updateMethodResponse",
    rules: [
      mapRule("responseParameters", toFlag),
      mapRule("responseModels", ({ value }) => value ?? ""),
    ],
    refuse: invalidPath(["/responseParameters", "/responseModels"]),
  });
  method.methodResponses = {
    ...method.methodResponses,
    [changed.statusCode]: changed,
  };
  return changed;
};

/** A rule for one key of a map member. */
function mapRule<Target extends object>(
  member: string,
  value: (patch: Patch) => unknown,
): PatchRule<Target> {
  return {
    path: new RegExp(`^/${member}/(.+)$`),
    ops: ["add", "replace", "remove"],
    apply: (target, patch) => {
      const [key = ""] = patch.parts;
      const map = {
        ...(Reflect.get(target, member) as Record<string, unknown> | undefined),
      };
      if (patch.op === "remove") Reflect.deleteProperty(map, key);
      else map[key] = value(patch);
      Reflect.set(target, member, map);
    },
  };
}

function removeStatus(
  holder: Method | Integration,
  member: "methodResponses" | "integrationResponses",
  status: string,
): void {
  const map = {
    ...(Reflect.get(holder, member) as Record<string, unknown> | undefined),
  };
  Reflect.deleteProperty(map, status);
  if (Object.keys(map).length > 0) Reflect.set(holder, member, map);
  else Reflect.deleteProperty(holder, member);
}

export const putIntegrationResponse: Handler = (call) => {
  const { integration, method } = theIntegration(call);
  const statusCode = statusCodeOf(call);
  const { body } = call;
  const templates = object(body, "responseTemplates");
  const responseParameters = textMap(body, "responseParameters");
  const declared =
    method.methodResponses?.[statusCode]?.responseParameters ?? {};
  checkResponseMappings(responseParameters ?? {}, declared);
  const response: IntegrationResponse = {
    statusCode,
    ...defined({
      selectionPattern: text(body, "selectionPattern"),
      responseParameters,
      responseTemplates: templates && readTemplates(templates),
      contentHandling: readContentHandling(body),
    }),
  };
  integration.integrationResponses = {
    ...integration.integrationResponses,
    [statusCode]: response,
  };
  return response;
};

function theIntegrationResponse(call: Call): {
  integration: Integration;
  response: IntegrationResponse;
} {
  const { integration } = theIntegration(call);
  const response = integration.integrationResponses?.[statusCodeOf(call)];
  if (!response) throw unknownStatus();
  return { integration, response };
}

export const getIntegrationResponse: Handler = (call) =>
  theIntegrationResponse(call).response;

export const deleteIntegrationResponse: Handler = (call) => {
  const { integration, response } = theIntegrationResponse(call);
  removeStatus(integration, "integrationResponses", response.statusCode);
  return undefined;
};

export const updateIntegrationResponse: Handler = (call) => {
  const { integration, response } = theIntegrationResponse(call);
  const changed = patched(response, call.body, {
    operation: "updateIntegrationResponse",
    rules: [
      textRule<IntegrationResponse>("selectionPattern", ["replace"]),
      textRule<IntegrationResponse>("contentHandling", ["replace"]),
      mapRule("responseParameters", ({ value }) => value ?? ""),
      mapRule("responseTemplates", ({ value }) => value ?? null),
    ],
    refuse: ({ path }) => badRequest(`Invalid patch path ${path}`),
  });
  integration.integrationResponses = {
    ...integration.integrationResponses,
    [changed.statusCode]: changed,
  };
  return changed;
};
