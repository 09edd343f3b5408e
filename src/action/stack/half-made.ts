// Stacks that are not what AWS has: an engine was killed in the middle of a call, or the state is lost. What is provably this gate's
// is taken into the state before the operation, so that nothing is made twice and nothing is left behind.
import {
  type Adoptable,
  findOwn,
  type Found,
  inventory,
  withoutForeignParts,
  wordType,
} from "../../deploy/adoption.ts";
import { removeSnapshots } from "../../deploy/adoption-look-ups.ts";
import { physicalName, projectName } from "../../deploy/names.ts";
import type { GateStack, Operation } from "../../deploy/stack.ts";
import { createsIn } from "../../deploy/stack-state.ts";
import { awsError, codeOf } from "../../deploy/aws.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { AwsContext } from "../context.ts";

/** An operation that failed; undefined when all is as it should be. */
type Failed = Operation | undefined;

const failed = (message: string): Operation => ({
  events: [],
  outputs: {},
  failure: new GateFailure("engine", message),
});

/** Before `up` and `destroy`: sets right what an engine left that was killed in the middle of a call. */
export async function completeCutShort(
  stack: GateStack,
  context: AwsContext,
): Promise<Failed> {
  const { isCutShort, pending, snapshots } = stack.condition;
  if (!isCutShort) return undefined;
  const { aws, host, target } = context;
  host.log(
    "An engine was killed in the middle of a call on this stack: what it left is looked for first",
  );
  const adopted = await adopt(
    stack,
    await findOwn(aws, ownerOf(context), pending),
    context,
  );
  if ("failure" in adopted) return adopted;
  for (const [api, kept] of Object.entries(snapshots)) {
    const removed = await removeSnapshots(aws, target.region, api, kept).catch(
      (error: unknown) => {
        const code = codeOf(awsError(error));
        host.log(`Snapshots of the API ${api} may be left over (${code})`);
        return [];
      },
    );
    if (removed.length > 0)
      host.log(`Removed snapshots that nothing used: ${removed.join(", ")}`);
  }
  // What was being deleted may be gone, and what was being created is in the state or never came to be.
  const { failure, ...refreshed } = await stack.refresh();
  return failure && { ...refreshed, failure };
}

/**
 * Before the `up` of a stack that is new: the gate may be there already, made with another state. One call, where it is not.
 * @param preview says what would be created.
 */
export async function findLostGate(
  stack: GateStack,
  preview: () => Promise<Operation>,
  context: AwsContext,
): Promise<Failed> {
  const { aws, inputs } = context;
  const { isCutShort, isEmpty } = stack.condition;
  if (isCutShort || !(isEmpty || inputs.adopt)) return undefined;
  const all = inventory(nameOf(context));
  const [role] = all;
  const owner = ownerOf(context);
  const seen = await findOwn(aws, owner, role ? [role] : []);
  if (seen.foreign.length > 0) return failed(wordForeign(seen.foreign));
  if (seen.adoptable.length === 0 && !inputs.adopt) return undefined;
  if (!inputs.adopt) {
    const api = await findOwn(
      aws,
      owner,
      all.filter(({ type }) => type.endsWith(":RestApi")),
    );
    if (api.adoptable.length > 0) refuseLost(api.adoptable, context);
  }
  return adoptDeclared(stack, preview, context);
}

/** Adopts what would be created but is there, level by level: parts are found once what they belong to is in the state. */
export async function adoptDeclared(
  stack: GateStack,
  preview: () => Promise<Operation>,
  context: AwsContext,
): Promise<Failed> {
  const { aws } = context;
  for (let level = 0; level < 5; level += 1) {
    const { events, failure, outputs } = await preview();
    if (failure !== undefined) return { events, failure, outputs };
    const found = await findOwn(aws, ownerOf(context), createsIn(events));
    const adopted = await adopt(stack, found, context);
    if ("failure" in adopted) return adopted;
    if (adopted.count === 0) return undefined;
  }
  return undefined;
}

/**
 * For a `destroy` without a state.
 * @returns what is provably this gate's; empty where there is nothing.
 * @throws GateFailure that lists it, unless it is to be adopted.
 */
export async function findRemains(
  context: AwsContext,
): Promise<readonly Adoptable[]> {
  const { aws, host, inputs } = context;
  const { adoptable, foreign, unseen } = withoutForeignParts(
    await findOwn(aws, ownerOf(context), inventory(nameOf(context))),
  );
  for (const one of [...foreign, ...unseen]) host.log(`Left alone: ${one}`);
  if (adoptable.length > 0 && !inputs.adopt) refuseLost(adoptable, context);
  return adoptable;
}

export const isInTheWay = ({ failure }: Operation): boolean =>
  failure?.reason === "engine" &&
  /AlreadyExists|already exist|ResourceInUseException|ConflictException/.test(
    failure.message,
  );

async function adopt(
  stack: GateStack,
  { adoptable, foreign, unseen }: Found,
  { host }: AwsContext,
): Promise<
  (Operation & { failure: GateFailure }) | { readonly count: number }
> {
  if (foreign.length > 0)
    return {
      events: [],
      outputs: {},
      failure: new GateFailure("engine", wordForeign(foreign)),
    };
  if (unseen.length > 0)
    host.log(`Could not be looked for: ${unseen.join(", ")}`);
  if (adoptable.length === 0) return { count: 0 };
  const { failure, ...operation } = await stack.adopt(adoptable);
  if (failure !== undefined) return { ...operation, failure };
  host.log(`Adopted, since they are this gate's: ${wordAll(adoptable)}`);
  return { count: adoptable.length };
}

const wordForeign = (foreign: readonly string[]): string =>
  `What the gate needs to make is in the way: ${foreign.join("; ")}`;

const wordAll = (all: readonly Adoptable[]): string =>
  all.map(({ id, type }) => `${wordType(type)} ${id}`).join(", ");

function refuseLost(
  found: readonly Adoptable[],
  { target: { region, stack } }: AwsContext,
): never {
  const message = `the gate ${stack} is in ${region} already (${wordAll(found)}), but this state does not know it: give the \`backend\` that it was made with, or, if that state is lost, \`adopt: true\``;
  throw new GateFailure("invalid-input", "the state is not the gate's", [
    { where: "adopt", message },
  ]);
}

const nameOf = ({ job, target: { region, stack } }: AwsContext): string =>
  physicalName(projectName(job.repository), stack, region);

const ownerOf = ({ job, target: { region, stack } }: AwsContext) => ({
  region,
  tags: { "ai-gate:gate": `${projectName(job.repository)}/${stack}` },
});
