// Where AWS has a resource, by type: its id in the form that an import takes, and its tags.
import type { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import type { Aws } from "./aws.ts";
import { awsError } from "./aws.ts";
import { madeAt, readSnapshots } from "./snapshots.ts";

export interface Seen {
  readonly id: string;
  /** Undefined for what has none and belongs to something that is the gate's: it was found there by the gate's own names. */
  readonly tags: Readonly<Record<string, string>> | undefined;
  /** AWS allows no second one of this name. */
  readonly isUnique: boolean;
}

type Config = ReturnType<Aws["config"]>;

/** @param text a declared input, empty where it is none or not known yet. */
type LookUp = (
  config: Config,
  text: (input: string) => string,
) => Promise<readonly Seen[]>;

/** Types of which a second create sets the same again, so that there is never a second one: a put by a name of the gate's own. */
export const setAgain: readonly string[] = [
  "aws:apigateway/methodSettings:MethodSettings",
  "aws:apigateway/response:Response",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter",
  "aws:wafv2/webAclAssociation:WebAclAssociation",
];

/** Every other type that a gate may have. */
export const lookUps: Readonly<Partial<Record<string, LookUp>>> = {
  "aws:iam/role:Role": async (config, text) => {
    const { GetRoleCommand, IAMClient } = await import("@aws-sdk/client-iam");
    const RoleName = text("name");
    const found = await unlessMissing(
      new IAMClient(config).send(new GetRoleCommand({ RoleName })),
    );
    return found?.Role === undefined
      ? []
      : [unique(RoleName, fromList(found.Role.Tags))];
  },
  "aws:iam/rolePolicy:RolePolicy": async (config, text) => {
    const { GetRolePolicyCommand, IAMClient } =
      await import("@aws-sdk/client-iam");
    const [RoleName, PolicyName] = [text("role"), text("name")];
    if (RoleName === "" || PolicyName === "") return [];
    const command = new GetRolePolicyCommand({ RoleName, PolicyName });
    const found = await unlessMissing(new IAMClient(config).send(command));
    return found === undefined ? [] : [part(`${RoleName}:${PolicyName}`)];
  },
  "aws:cloudwatch/logGroup:LogGroup": async (config, text) => {
    const {
      CloudWatchLogsClient,
      DescribeLogGroupsCommand,
      ListTagsForResourceCommand,
    } = await import("@aws-sdk/client-cloudwatch-logs");
    const client = new CloudWatchLogsClient(config);
    const name = text("name");
    const { logGroups = [] } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: name }),
    );
    const group = logGroups.find(({ logGroupName }) => logGroupName === name);
    if (group === undefined) return [];
    const resourceArn = group.arn?.replace(/:\*$/, "");
    const { tags } = await client.send(
      new ListTagsForResourceCommand({ resourceArn }),
    );
    return [unique(name, tags)];
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": async (config, text) => {
    const {
      CloudWatchClient,
      DescribeAlarmsCommand,
      ListTagsForResourceCommand,
    } = await import("@aws-sdk/client-cloudwatch");
    const client = new CloudWatchClient(config);
    const name = text("name");
    // Without a name all alarms are meant.
    if (name === "") return [];
    const { MetricAlarms: [alarm] = [] } = await client.send(
      new DescribeAlarmsCommand({ AlarmNames: [name] }),
    );
    if (alarm === undefined) return [];
    const ResourceARN = alarm.AlarmArn;
    const { Tags } = await client.send(
      new ListTagsForResourceCommand({ ResourceARN }),
    );
    return [unique(name, fromList(Tags))];
  },
  "aws:lambda/function:Function": async (config, text) => {
    const { GetFunctionCommand, LambdaClient } =
      await import("@aws-sdk/client-lambda");
    const FunctionName = text("name");
    const found = await unlessMissing(
      new LambdaClient(config).send(new GetFunctionCommand({ FunctionName })),
    );
    return found === undefined ? [] : [unique(FunctionName, found.Tags)];
  },
  "aws:lambda/permission:Permission": findStatements,
  "aws:dynamodb/table:Table": async (config, text) => {
    const { DescribeTableCommand, DynamoDBClient, ListTagsOfResourceCommand } =
      await import("@aws-sdk/client-dynamodb");
    const client = new DynamoDBClient(config);
    const TableName = text("name");
    const found = await unlessMissing(
      client.send(new DescribeTableCommand({ TableName })),
    );
    if (found === undefined) return [];
    const { Tags } = await client.send(
      new ListTagsOfResourceCommand({ ResourceArn: found.Table?.TableArn }),
    );
    return [unique(TableName, fromList(Tags))];
  },
  "aws:apigateway/restApi:RestApi": async (config, text) => {
    const { APIGatewayClient, paginateGetRestApis } =
      await import("@aws-sdk/client-api-gateway");
    const client = new APIGatewayClient(config);
    return named(paginateGetRestApis({ client, pageSize: 500 }, {}), text);
  },
  "aws:apigateway/usagePlan:UsagePlan": async (config, text) => {
    const { APIGatewayClient } = await import("@aws-sdk/client-api-gateway");
    const plans = listPlans(
      new APIGatewayClient(config),
      (name) => name === text("name"),
    );
    return named(plans, text);
  },
  "aws:apigateway/apiKey:ApiKey": async (config, text) => {
    const { APIGatewayClient, paginateGetApiKeys } =
      await import("@aws-sdk/client-api-gateway");
    const client = new APIGatewayClient(config);
    const nameQuery = text("name");
    const pages = paginateGetApiKeys({ client, pageSize: 500 }, { nameQuery });
    return named(pages, text);
  },
  "aws:apigateway/usagePlanKey:UsagePlanKey": async (config, text) => {
    const { APIGatewayClient, GetUsagePlanKeyCommand } =
      await import("@aws-sdk/client-api-gateway");
    const [usagePlanId, keyId] = [text("usagePlanId"), text("keyId")];
    if (usagePlanId === "" || keyId === "") return [];
    const command = new GetUsagePlanKeyCommand({ usagePlanId, keyId });
    const found = await unlessMissing(
      new APIGatewayClient(config).send(command),
    );
    return found === undefined ? [] : [part(`${usagePlanId}/${keyId}`)];
  },
  "aws:apigateway/stage:Stage": async (config, text) => {
    const stage = await findStage(config, text("restApi"), text("stageName"));
    return stage === undefined
      ? []
      : [part(`${text("restApi")}/${text("stageName")}`)];
  },
  "aws:apigateway/deployment:Deployment": findDeployment,
  "aws:apigateway/domainName:DomainName": async (config, text) => {
    const { APIGatewayClient, GetDomainNameCommand } =
      await import("@aws-sdk/client-api-gateway");
    const domainName = text("domainName");
    const command = new GetDomainNameCommand({ domainName });
    const found = await unlessMissing(
      new APIGatewayClient(config).send(command),
    );
    return found === undefined ? [] : [unique(domainName, found.tags)];
  },
  "aws:apigateway/basePathMapping:BasePathMapping": async (config, text) => {
    const { APIGatewayClient, GetBasePathMappingCommand } =
      await import("@aws-sdk/client-api-gateway");
    const [domainName, basePath] = [text("domainName"), text("basePath")];
    const restApi = text("restApi");
    if (domainName === "" || restApi === "") return [];
    const command = new GetBasePathMappingCommand({
      domainName,
      basePath: basePath || "(none)",
    });
    const found = await unlessMissing(
      new APIGatewayClient(config).send(command),
    );
    if (found === undefined) return [];
    const id = mappingId(domainName, basePath);
    // One that leads to another API has nothing of the gate's.
    return [found.restApiId === restApi ? part(id) : unique(id)];
  },
};

export const mappingId = (domain: string, basePath: string): string =>
  `${domain}/${basePath === "(none)" ? "" : basePath}`;

const unique = (id: string, tags: Seen["tags"] = {}): Seen => ({
  id,
  tags,
  isUnique: true,
});

const part = (id: string): Seen => ({ id, tags: undefined, isUnique: true });

const fromList = (
  tags: readonly {
    Key?: string | undefined;
    Value?: string | undefined;
  }[] = [],
): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));

/** @returns undefined where AWS says that there is no such thing. */
async function unlessMissing<Result>(
  call: Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    const { name } = awsError(error);
    if (
      [
        "NoSuchEntity",
        "NoSuchEntityException",
        "NotFoundException",
        "ResourceNotFoundException",
      ].includes(name)
    )
      return undefined;
    throw error;
  }
}

interface Item {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

async function named(
  pages: AsyncIterable<{ readonly items?: readonly Item[] | undefined }>,
  text: (input: string) => string,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const { items = [] } of pages)
    for (const { id, name, tags = {} } of items)
      if (id !== undefined && name === text("name"))
        seen.push({ id, tags, isUnique: false });
  return seen;
}

/** Plans of such names with their tags, which AWS may leave out of a list. */
export async function* listPlans(
  client: APIGatewayClient,
  isMeant: (name: string) => boolean,
): AsyncGenerator<{ readonly items: readonly Item[] }> {
  const { GetUsagePlanCommand, paginateGetUsagePlans } =
    await import("@aws-sdk/client-api-gateway");
  const pages = paginateGetUsagePlans({ client, pageSize: 500 }, {});
  for await (const { items = [] } of pages) {
    const meant = items.filter(({ name = "" }) => isMeant(name));
    yield {
      items: await Promise.all(
        meant.map(async (plan) =>
          plan.tags === undefined
            ? client.send(new GetUsagePlanCommand({ usagePlanId: plan.id }))
            : plan,
        ),
      ),
    };
  }
}

async function findStage(config: Config, restApiId: string, stageName: string) {
  if (restApiId === "") return undefined;
  const { APIGatewayClient, GetStageCommand } =
    await import("@aws-sdk/client-api-gateway");
  const command = new GetStageCommand({ restApiId, stageName });
  return unlessMissing(new APIGatewayClient(config).send(command));
}

/** The one that is served, else the newest of those without a description, which the gate's have not. */
async function findDeployment(
  config: Config,
  text: (input: string) => string,
): Promise<Seen[]> {
  const restApi = text("restApi");
  if (restApi === "") return [];
  const { served, snapshots } = await readSnapshots(config, restApi);
  // Stages of somebody else's hand serve others: which one is the gate's cannot be told.
  if (served.length > 1) return [];
  const [newest] = snapshots
    .filter(({ description }) => !description)
    .sort((one, other) => madeAt(other) - madeAt(one));
  const id = served[0] ?? newest?.id;
  return id === undefined ? [] : [part(`${restApi}/${id}`)];
}

/** Those that let API Gateway call the function for exactly the declared source. */
async function findStatements(
  config: Config,
  text: (input: string) => string,
): Promise<Seen[]> {
  const [name, declared] = [text("function"), text("sourceArn")];
  if (name === "" || declared === "") return [];
  const qualifier = text("qualifier");
  const all = await readPermissions(config, name, qualifier);
  return all
    .filter(({ source }) => source === declared)
    .slice(0, 1)
    .map(({ Sid }) => part(`${name}${qualifier && `:${qualifier}`}/${Sid}`));
}

/** Statements of a function's policy, with the ARN that each lets in. */
export async function readPermissions(
  config: Config,
  FunctionName: string,
  qualifier: string,
): Promise<{ readonly Sid: string; readonly source: string }[]> {
  const { GetPolicyCommand, LambdaClient } =
    await import("@aws-sdk/client-lambda");
  const Qualifier = qualifier || undefined;
  const command = new GetPolicyCommand({ FunctionName, Qualifier });
  const found = await unlessMissing(new LambdaClient(config).send(command));
  const { Statement = [] } = JSON.parse(found?.Policy ?? "{}") as {
    Statement?: readonly {
      readonly Sid: string;
      readonly Condition?: { readonly ArnLike?: Record<string, string> };
    }[];
  };
  return Statement.map(({ Condition, Sid }) => ({
    Sid,
    source: Condition?.ArnLike?.["AWS:SourceArn"] ?? "",
  }));
}
