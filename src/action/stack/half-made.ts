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
import { findUndeclared } from "../../deploy/adoption-remains.ts";
import { gateTag, physicalName } from "../../deploy/names.ts";
import { removeCutSnapshot } from "../../deploy/snapshots.ts";
import type { GateStack, Operation } from "../../deploy/stack.ts";
import { createsIn, type CutSnapshot } from "../../deploy/stack-state.ts";
import { awsError, codeOf } from "../../deploy/aws.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { AwsContext } from "../context.ts";
import { projectOf } from "../job.ts";

/** An operation that failed; undefined when all is as it should be. */
type Failed = Operation | undefined;

const failed = (message: string): Operation & { failure: GateFailure } => ({
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
  const { aws, host } = context;
  host.log(
    "An engine was killed in the middle of a call on this stack: what it left is looked for first",
  );
  const adopted = await adopt(
    stack,
    await findOwn(aws, ownerOf(context), pending),
    context,
  );
  if ("failure" in adopted) return adopted;
  for (const one of snapshots) await removeSnapshot(one, context);
  // What was being deleted may be gone, and what was being created is in the state or never came to be.
  const { failure, ...refreshed } = await stack.refresh();
  return failure && { ...refreshed, failure };
}

async function removeSnapshot(
  cut: CutSnapshot,
  { aws, host, target }: AwsContext,
): Promise<void> {
  try {
    const { left, removed } = await removeCutSnapshot(aws, target.region, cut);
    if (removed.length > 0)
      host.log(`Removed the snapshot that was being made: ${removed.join()}`);
    if (left.length > 0)
      host.log(
        `Left alone: snapshots of the API ${cut.api} that nothing serves and that may be somebody's: ${left.join(", ")}`,
      );
  } catch (error) {
    const code = codeOf(awsError(error));
    host.log(`A snapshot of the API ${cut.api} may be left over (${code})`);
  }
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
  const all = inventoryOf(context);
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
  const owner = ownerOf(context);
  const named = withoutForeignParts(
    await findOwn(aws, owner, inventoryOf(context)),
  );
  const listed = await findUndeclared(aws, owner, {
    prefix: prefixOf(context),
    found: named.adoptable,
  });
  const adoptable = [...named.adoptable, ...listed.adoptable];
  const foreign = [...named.foreign, ...listed.foreign];
  const unseen = [...named.unseen, ...listed.unseen];
  for (const one of foreign) host.log(`Left alone: ${one}`);
  if (unseen.length > 0)
    host.log(`Could not be looked for: ${unseen.join(", ")}`);
  if (adoptable.length > 0 && !inputs.adopt) refuseLost(adoptable, context);
  return adoptable;
}

/** Takes remains into the state and away, in an order that AWS allows: the state of a gate that was adopted does not tell. */
export async function destroyRemains(
  stack: GateStack,
  remains: readonly Adoptable[],
  removeStack: boolean,
): Promise<Operation> {
  const first = removedFirst
    .map((kinds) =>
      remains.filter(({ type }) => kinds.includes(wordType(type))),
    )
    .filter((some) => some.length > 0);
  const steps = [
    () => stack.adopt(remains),
    ...first.map((some) => () => stack.destroy(false, some)),
    () => stack.destroy(removeStack),
  ];
  let done: Operation = { events: [], outputs: {} };
  for (const step of steps) {
    const { events, ...rest } = await step();
    done = { ...rest, events: [...done.events, ...events] };
    if (done.failure !== undefined) break;
  }
  return done;
}

/** What stands in the way of others: a path to an API of its deletion, as a plan's stage does. */
const removedFirst: readonly (readonly string[])[] = [
  ["UsagePlanKey", "BasePathMapping"],
  ["UsagePlan"],
];

export const isInTheWay = ({ failure }: Operation): boolean =>
  failure?.reason === "engine" &&
  /AlreadyExists|already exist|ResourceInUseException|ConflictException/.test(
    failure.message,
  );

/** What the state has and AWS has not, as somebody deleted it by hand; the engine asks for it where it is to be changed. */
export const isGone = ({ failure }: Operation): boolean =>
  failure?.reason === "engine" &&
  /NotFoundException|NoSuchEntity|WAFNonexistentItemException/.test(
    failure.message,
  );

async function adopt(
  stack: GateStack,
  { adoptable, foreign, unseen }: Found,
  { host }: AwsContext,
): Promise<
  (Operation & { failure: GateFailure }) | { readonly count: number }
> {
  if (foreign.length > 0) return failed(wordForeign(foreign));
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

const inventoryOf = (context: AwsContext) =>
  inventory(
    prefixOf(context),
    context.target.gate?.rolePath ?? context.inputs.given["role-path"],
  );

const prefixOf = ({ job, target }: AwsContext): string =>
  physicalName(projectOf(target, job), target.stack, target.region);

const ownerOf = ({ job, target }: AwsContext) => ({
  region: target.region,
  tags: { [gateTag]: `${projectOf(target, job)}/${target.stack}` },
});
