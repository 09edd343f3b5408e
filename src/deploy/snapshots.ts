// Snapshots (deployments) of an API: which is in use, and which an engine that was killed has left.
import type { Deployment as Snapshot } from "@aws-sdk/client-api-gateway";
import { type Aws, awsError } from "./aws.ts";
import type { CutSnapshot } from "./stack-state.ts";

/** @returns those that a stage serves, or tries on some of its calls (canary), and all. Empty where there is no such API. */
export async function readSnapshots(
  config: ReturnType<Aws["config"]>,
  restApiId: string,
): Promise<{
  readonly served: readonly string[];
  readonly snapshots: readonly Snapshot[];
}> {
  const {
    APIGatewayClient,
    GetStagesCommand,
    paginateGetDeployments: pages,
  } = await import("@aws-sdk/client-api-gateway");
  const client = new APIGatewayClient(config);
  const snapshots: Snapshot[] = [];
  try {
    const { item = [] } = await client.send(
      new GetStagesCommand({ restApiId }),
    );
    for await (const { items = [] } of pages(
      { client, pageSize: 500 },
      { restApiId },
    ))
      snapshots.push(...items);
    const used = item.flatMap(({ canarySettings, deploymentId }) => [
      deploymentId,
      canarySettings?.deploymentId,
    ]);
    const served = used.filter((id) => id !== undefined);
    return { served: [...new Set(served)], snapshots };
  } catch (error) {
    if (awsError(error).name !== "NotFoundException") throw error;
    return { served: [], snapshots: [] };
  }
}

export const madeAt = ({ createdDate }: Snapshot): number =>
  createdDate?.getTime() ?? 0;

/** The call in flight, and clocks that differ: AWS refuses calls of one that is five minutes off. */
const tolerance = 10 * 60_000;

/**
 * Takes away the snapshot that the killed engine was making, as far as it is there: the only one that nothing serves, the state does not
 * know, is from these minutes and has no description. Any other may be somebody's.
 */
export async function removeCutSnapshot(
  aws: Aws,
  region: string,
  { api: restApiId, at, kept }: CutSnapshot,
): Promise<{
  readonly removed: readonly string[];
  readonly left: readonly string[];
}> {
  const config = aws.config(region);
  const { served, snapshots } = await readSnapshots(config, restApiId);
  const unused = snapshots.filter(
    ({ id = "" }) => !kept.includes(id) && !served.includes(id),
  );
  const [cut, second] = unused.filter(
    (one) =>
      !one.description && Math.abs(madeAt(one) - Date.parse(at)) <= tolerance,
  );
  const deploymentId = second === undefined ? cut?.id : undefined;
  const left = unused.flatMap(({ id = "" }) =>
    id === deploymentId ? [] : [id],
  );
  if (deploymentId === undefined) return { removed: [], left };
  const { APIGatewayClient, DeleteDeploymentCommand } =
    await import("@aws-sdk/client-api-gateway");
  await new APIGatewayClient(config).send(
    new DeleteDeploymentCommand({ restApiId, deploymentId }),
  );
  return { removed: [deploymentId], left };
}
