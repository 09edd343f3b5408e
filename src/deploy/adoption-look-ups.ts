// Where AWS has a resource, by type: its id in the form that an import takes, and its tags.
import type { Aws } from "./aws.ts";
import { awsError } from "./aws.ts";

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

/**
 * Of other types a second create sets the same again (settings of methods, gateway responses), or says itself what is in the way.
 */
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
    const { APIGatewayClient, paginateGetUsagePlans } =
      await import("@aws-sdk/client-api-gateway");
    const client = new APIGatewayClient(config);
    return named(paginateGetUsagePlans({ client, pageSize: 500 }, {}), text);
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
};

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

async function findStage(config: Config, restApiId: string, stageName: string) {
  if (restApiId === "") return undefined;
  const { APIGatewayClient, GetStageCommand } =
    await import("@aws-sdk/client-api-gateway");
  const command = new GetStageCommand({ restApiId, stageName });
  return unlessMissing(new APIGatewayClient(config).send(command));
}

/** The one that a stage serves, else the newest: older ones are of no use to anyone. */
async function findDeployment(
  config: Config,
  text: (input: string) => string,
): Promise<Seen[]> {
  const restApiId = text("restApi");
  if (restApiId === "") return [];
  const { APIGatewayClient, GetDeploymentsCommand, GetStagesCommand } =
    await import("@aws-sdk/client-api-gateway");
  const client = new APIGatewayClient(config);
  const [stages, deployments] = await Promise.all([
    unlessMissing(client.send(new GetStagesCommand({ restApiId }))),
    unlessMissing(
      client.send(new GetDeploymentsCommand({ restApiId, limit: 500 })),
    ),
  ]);
  const served = stages?.item?.[0]?.deploymentId;
  const newest = [...(deployments?.items ?? [])].sort(
    (one, other) =>
      (other.createdDate?.getTime() ?? 0) - (one.createdDate?.getTime() ?? 0),
  )[0]?.id;
  const id = served ?? newest;
  return id === undefined ? [] : [part(`${restApiId}/${id}`)];
}

/** Those that let API Gateway call the function for exactly the declared source. */
async function findStatements(
  config: Config,
  text: (input: string) => string,
): Promise<Seen[]> {
  const [FunctionName, source] = [text("function"), text("sourceArn")];
  const Qualifier = text("qualifier") || undefined;
  if (FunctionName === "" || source === "") return [];
  const { GetPolicyCommand, LambdaClient } =
    await import("@aws-sdk/client-lambda");
  const command = new GetPolicyCommand({ FunctionName, Qualifier });
  const found = await unlessMissing(new LambdaClient(config).send(command));
  const { Statement = [] } = JSON.parse(found?.Policy ?? "{}") as {
    Statement?: readonly {
      readonly Sid: string;
      readonly Condition?: { readonly ArnLike?: Record<string, string> };
    }[];
  };
  const name = FunctionName + (Qualifier === undefined ? "" : `:${Qualifier}`);
  return Statement.filter(
    ({ Condition }) => Condition?.ArnLike?.["AWS:SourceArn"] === source,
  )
    .slice(0, 1)
    .map(({ Sid }) => part(`${name}/${Sid}`));
}

/** Takes away snapshots of an API that no stage serves and the state does not know: of these nothing would remove them. */
export async function removeSnapshots(
  aws: Aws,
  region: string,
  restApiId: string,
  kept: readonly string[],
): Promise<string[]> {
  const {
    APIGatewayClient,
    DeleteDeploymentCommand,
    GetDeploymentsCommand,
    GetStagesCommand,
  } = await import("@aws-sdk/client-api-gateway");
  const client = new APIGatewayClient(aws.config(region));
  const { item: stages = [] } = await client.send(
    new GetStagesCommand({ restApiId }),
  );
  const used = [...kept, ...stages.map(({ deploymentId }) => deploymentId)];
  const { items = [] } = await client.send(
    new GetDeploymentsCommand({ restApiId, limit: 500 }),
  );
  const left = items.flatMap(({ id }) =>
    id !== undefined && !used.includes(id) ? [id] : [],
  );
  for (const deploymentId of left)
    await client.send(new DeleteDeploymentCommand({ restApiId, deploymentId }));
  return left;
}
