// What a gate without a state and without a description has left, and only AWS knows the names of: its plans and their keys, its domain,
// roles and permissions for its upstreams. Each is the gate's by its tag, or as a part of what is.
import type { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import {
  type Adoptable,
  findOwn,
  type Found,
  isOwn,
  type Owner,
  withoutForeignParts,
  wordType,
} from "./adoption.ts";
import { listPlans, mappingId, readPermissions } from "./adoption-look-ups.ts";
import { type Aws, awsError, codeOf } from "./aws.ts";
import type { Declared } from "./stack-state.ts";

interface Looking {
  readonly client: APIGatewayClient;
  readonly config: ReturnType<Aws["config"]>;
  readonly owner: Owner;
  /** Of the names of everything that the gate has. */
  readonly prefix: string;
  /** Ids of the gate's APIs. */
  readonly apis: readonly string[];
}

/** @param found what is the gate's by its name. */
export async function findUndeclared(
  aws: Aws,
  owner: Owner,
  {
    found,
    prefix,
  }: { readonly found: readonly Adoptable[]; readonly prefix: string },
): Promise<Found> {
  const { APIGatewayClient } = await import("@aws-sdk/client-api-gateway");
  const config = aws.config(owner.region);
  const client = new APIGatewayClient(config);
  const apis = found
    .filter(({ type }) => wordType(type) === "RestApi")
    .map(({ id }) => id);
  const looking = { client, config, owner, prefix, apis };
  const unseen: string[] = [];
  const orUnseen = async <Result>(
    what: string,
    look: Promise<readonly Result[]>,
  ): Promise<readonly Result[]> => {
    try {
      return await look;
    } catch (error) {
      unseen.push(`${what} (${codeOf(awsError(error))})`);
      return [];
    }
  };
  const [plans, keys, edge, called] = await Promise.all([
    orUnseen("usage plans", findPlans(looking)),
    orUnseen("API keys", findKeys(looking)),
    orUnseen("domain names", findEdge(looking)),
    orUnseen("what the API calls", readCalled(looking)),
  ]);
  const permissions = await orUnseen(
    "permissions of functions that the API calls",
    findPermissions(looking, called),
  );
  const roles = withoutForeignParts(
    await findOwn(aws, owner, callRoles(prefix, called)),
  );
  return {
    adoptable: [...plans, ...keys, ...edge, ...permissions, ...roles.adoptable],
    foreign: roles.foreign,
    unseen: [...unseen, ...roles.unseen],
  };
}

interface Item {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

const isOfGate = ({ name = "", tags = {} }: Item, looking: Looking): boolean =>
  name.startsWith(`${looking.prefix}-`) && isOwn(tags, looking.owner);

async function findPlans(looking: Looking): Promise<Adoptable[]> {
  const { client, prefix } = looking;
  const { paginateGetUsagePlanKeys } =
    await import("@aws-sdk/client-api-gateway");
  const found: Adoptable[] = [];
  const all = { client, pageSize: 500 };
  const plans = listPlans(client, (name) => name.startsWith(`${prefix}-`));
  for await (const { items } of plans)
    for (const plan of items) {
      const { id: usagePlanId = "" } = plan;
      if (!isOfGate(plan, looking)) continue;
      found.push(named("aws:apigateway/usagePlan:UsagePlan", usagePlanId));
      const pages = paginateGetUsagePlanKeys(all, { usagePlanId });
      for await (const { items: keys = [] } of pages)
        for (const { id = "" } of keys)
          found.push(
            named(
              "aws:apigateway/usagePlanKey:UsagePlanKey",
              `${usagePlanId}/${id}`,
            ),
          );
    }
  return found;
}

async function findKeys(looking: Looking): Promise<Adoptable[]> {
  const { client, prefix: nameQuery } = looking;
  const { paginateGetApiKeys } = await import("@aws-sdk/client-api-gateway");
  const found: Adoptable[] = [];
  const pages = paginateGetApiKeys({ client, pageSize: 500 }, { nameQuery });
  for await (const { items = [] } of pages)
    for (const key of items)
      if (key.id !== undefined && isOfGate(key, looking))
        found.push(named("aws:apigateway/apiKey:ApiKey", key.id));
  return found;
}

/** The gate's domain name, and every path that leads to its API: an API with one cannot be deleted. */
async function findEdge({
  apis,
  client,
  owner,
}: Looking): Promise<Adoptable[]> {
  const { paginateGetBasePathMappings, paginateGetDomainNames } =
    await import("@aws-sdk/client-api-gateway");
  const found: Adoptable[] = [];
  const all = { client, pageSize: 500 };
  const addPaths = async (domainName: string): Promise<void> => {
    const pages = paginateGetBasePathMappings(all, { domainName });
    for await (const { items = [] } of pages)
      for (const { basePath = "", restApiId = "" } of items)
        if (apis.includes(restApiId))
          found.push(
            named(
              "aws:apigateway/basePathMapping:BasePathMapping",
              mappingId(domainName, basePath),
            ),
          );
  };
  for await (const { items = [] } of paginateGetDomainNames(all, {}))
    for (const { domainName = "", tags = {} } of items) {
      const isGates = isOwn(tags, owner);
      if (isGates)
        found.push(named("aws:apigateway/domainName:DomainName", domainName));
      const paths = addPaths(domainName);
      // A policy may leave out the domain names of others.
      await (isGates ? paths : paths.catch(() => undefined));
    }
  return found;
}

interface Called {
  readonly credentials?: string | undefined;
  readonly uri?: string | undefined;
  readonly api: string;
}

async function readCalled({ apis, client }: Looking): Promise<Called[]> {
  const { paginateGetResources } = await import("@aws-sdk/client-api-gateway");
  const called: Called[] = [];
  for (const api of apis) {
    const pages = paginateGetResources(
      { client, pageSize: 500 },
      { restApiId: api, embed: ["methods"] },
    );
    for await (const { items = [] } of pages)
      for (const { resourceMethods = {} } of items)
        for (const { methodIntegration } of Object.values(resourceMethods))
          called.push({ api, ...methodIntegration });
  }
  return called;
}

function callRoles(prefix: string, called: readonly Called[]): Declared[] {
  const names = called
    .map(({ credentials = "" }) => credentials.split("/").at(-1) ?? "")
    .filter((name) => name.startsWith(`${prefix}-call-`));
  return [...new Set(names)].flatMap((name) => [
    { type: "aws:iam/role:Role", name, inputs: { name } },
    {
      type: "aws:iam/rolePolicy:RolePolicy",
      name,
      inputs: { role: name, name: "invoke" },
    },
  ]);
}

/** In the policies of somebody's functions: statements that let the gate's API call them. */
async function findPermissions(
  { config }: Looking,
  called: readonly Called[],
): Promise<Adoptable[]> {
  const functions = new Map(
    called.flatMap(({ api, uri = "" }) => {
      const [, arn] = /\/functions\/(arn:[^/]+)\/invocations/.exec(uri) ?? [];
      return arn === undefined ? [] : [[arn, api] as const];
    }),
  );
  const found = await Promise.all(
    [...functions].map(async ([arn, api]) => {
      const parts = arn.split(":");
      const [qualifier = ""] = parts.splice(7);
      const all = await readPermissions(config, parts.join(":"), qualifier);
      // An import takes a qualifier after a name only.
      const name = `${parts[6] ?? ""}${qualifier && `:${qualifier}`}`;
      return all
        .filter(({ source }) => source.split(":")[5]?.split("/")[0] === api)
        .map(({ Sid }) =>
          named("aws:lambda/permission:Permission", `${name}/${Sid}`),
        );
    }),
  );
  return found.flat();
}

/** The engine's name for it only has to be one. */
const named = (type: string, id: string): Adoptable => ({ type, id, name: id });
