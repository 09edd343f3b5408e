import { type ApiParts, type Method, newId, type Resource } from "../model.ts";
import { type Handler, page, param, theApi, theResource } from "./call.ts";
import { badRequest, conflict, limitExceeded, notFound } from "./errors.ts";
import { defined, flag, flagMap, text, textMap } from "./input.ts";
import { buildIntegration, checkVerb } from "./integrations.ts";

const literal = /^[A-Za-z0-9._:-]+$/;
const variable = /^\{[A-Za-z0-9._:-]+\+?\}$/;

/** Resources of an API, its default quota. */
const most = 300;

/** @throws ServiceError with AWS's text */
export function addResource(
  { resources }: ApiParts,
  parent: Resource,
  pathPart: string,
  id: string,
): Resource {
  checkPlace(resources, parent, pathPart);
  const resource: Resource = {
    id,
    parentId: parent.id,
    path: childPath(parent, pathPart),
    pathPart,
    methods: new Map(),
  };
  resources.set(id, resource);
  return resource;
}

function checkPlace(
  resources: ReadonlyMap<string, Resource>,
  parent: Resource,
  part: string,
): void {
  if (!literal.test(part) && !variable.test(part))
    throw badRequest(
      "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
    );
  if (parent.pathPart?.endsWith("+}"))
    throw badRequest(
      `Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`,
    );
  const siblings = [...resources.values()].filter(
    ({ parentId }) => parentId === parent.id,
  );
  if (siblings.some(({ pathPart }) => pathPart === part))
    throw conflict(
      `Another resource with the same parent already has this name: ${part}`,
    );
  const other = siblings.find(({ pathPart = "" }) => variable.test(pathPart));
  if (variable.test(part) && other)
    throw badRequest(
      `A sibling (${other.pathPart ?? ""}) of this resource already has a variable path part -- only one is allowed`,
    );
  if (resources.size >= most)
    throw limitExceeded(
      "Maximum number of resources for this API has been reached. Please contact AWS if you need additional resources.",
    );
}

export function childPath(parent: Resource, part: string): string {
  return parent.path === "/" ? `/${part}` : `${parent.path}/${part}`;
}

/** AWS shows the verbs with empty objects, unless asked for the methods ("GetResources", `embed`). */
function resourceView(
  { methods, ...rest }: Resource,
  hasMethods = false,
): object {
  if (methods.size === 0) return rest;
  const shown = hasMethods
    ? methods
    : [...methods.keys()].map((verb) => [verb, {}] as const);
  return { ...rest, resourceMethods: Object.fromEntries(shown) as object };
}

export const getResources: Handler = (call) => {
  const hasMethods = call.query.getAll("embed").includes("methods");
  const { resources } = theApi(call).parts;
  return page(
    call,
    [...resources.values()].map((one) => resourceView(one, hasMethods)),
  );
};

export const createResource: Handler = (call) => {
  const { record, resource: parent } = theResource(call);
  const pathPart = text(call.body, "pathPart") ?? "";
  return resourceView(addResource(record.parts, parent, pathPart, newId(6)));
};

export const putMethod: Handler = (call) => {
  const { record, resource } = theResource(call);
  const httpMethod = param(call, "method");
  checkVerb(httpMethod);
  const { body } = call;
  const method: Method = {
    httpMethod,
    authorizationType: readAuthorizationType(text(body, "authorizationType")),
    apiKeyRequired: flag(body, "apiKeyRequired") ?? false,
    ...defined({
      authorizerId: text(body, "authorizerId"),
      requestParameters: flagMap(body, "requestParameters"),
      requestModels: textMap(body, "requestModels"),
      requestValidatorId: text(body, "requestValidatorId"),
    }),
  };
  checkMethod(method, record.parts);
  resource.methods.set(httpMethod, method);
  return method;
};

/** `none` and `None` are taken for `NONE`. */
function readAuthorizationType(given = ""): string {
  const type = given.toUpperCase();
  if (["NONE", "AWS_IAM", "CUSTOM"].includes(type)) return type;
  throw badRequest("Invalid authorization type specified"); // the text is ours
}

/** @throws ServiceError with AWS's text */
function checkMethod(method: Method, parts: ApiParts): void {
  const { authorizerId = "", requestValidatorId } = method;
  if (
    method.authorizationType === "CUSTOM" &&
    !parts.authorizers.has(authorizerId)
  )
    throw badRequest(
      "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
    );
  if (
    requestValidatorId !== undefined &&
    !parts.validators.has(requestValidatorId)
  )
    throw badRequest("Invalid Request Validator identifier specified");
  const model = Object.values(method.requestModels ?? {}).find(
    (name) => !parts.models.has(name),
  );
  if (model !== undefined)
    throw badRequest(`Invalid model identifier specified: ${model}`);
  checkParameterNames(method.requestParameters ?? {});
}

/** @throws ServiceError with AWS's text */
export function checkParameterNames(parameters: object): void {
  const names = Object.keys(parameters).map((key) =>
    key.replace(/^method\.request\.\w+\./, ""),
  );
  if (new Set(names).size < names.length)
    throw badRequest(
      "Parameter names must be unique across querystring, header and path",
    );
}

export const putIntegration: Handler = (call) => {
  const { resource } = theResource(call);
  const method = resource.methods.get(param(call, "method"));
  if (!method) throw notFound("Invalid Method identifier specified");
  method.methodIntegration = buildIntegration(call.body, method);
  return method.methodIntegration;
};
