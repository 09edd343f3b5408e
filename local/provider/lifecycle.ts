// Create, read, update and delete as the engine asks for them: what is the same for every resource type, around the calls
// of its row.
import { difference, knownInputs } from "./difference.ts";
import { drifted } from "./drift.ts";
import type { Cloud } from "./aws/cloud.ts";
import { AwsError } from "./aws/error.ts";
import { tagsAll } from "./preview.ts";
import type { ResourceType, Updating } from "./resource.ts";
import { pick, textsOf, type Properties } from "./values.ts";

export interface State {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
}

/** A resource that exists although its creation failed half way: the engine must keep it in its state. */
export class HalfCreated extends Error {
  readonly state: State;

  constructor(state: State, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "HalfCreated";
    this.state = state;
  }
}

/** Throws HalfCreated when something exists already, else the error itself. */
export async function create(
  cloud: Cloud,
  type: ResourceType,
  inputs: Properties,
): Promise<State> {
  let id = "";
  try {
    await type.create(cloud, inputs, (made) => (id = made));
    const live = await type.read(cloud, id, inputs);
    if (!live) throw new Error("it was gone right after its creation");
    return { id, outputs: settled(type, inputs, live), inputs };
  } catch (error) {
    const failure = described("creating", type, inputs, error);
    if (id === "") throw failure;
    throw new HalfCreated(halfDone(type, id, inputs), failure);
  }
}

/** Marks the outputs of a half-created resource. */
const UNFINISHED = "__unfinished";

/** What is certain of a half-created resource is what can never change; everything else is due at the next update. */
function halfDone(type: ResourceType, id: string, inputs: Properties): State {
  const fixed = Object.entries(type.inputs).filter(([, rule]) => rule.replaces);
  const names = [...fixed.map(([name]) => name), type.autoname?.property ?? ""];
  const outputs = { ...pick(inputs, names), [UNFINISHED]: true };
  return { id, outputs, inputs };
}

/**
 * The inputs that were applied last. The engine keeps all inputs of a half-created resource, although an unknown part of
 * them never reached AWS; it refreshes such a resource before it compares, and then this part is found missing.
 */
function appliedInputs({ outputs, inputs }: State): Properties {
  const { [UNFINISHED]: isUnfinished, ...certain } = outputs;
  return isUnfinished === true ? certain : inputs;
}

/** Tags first, then the rest: Terraform's order. */
export async function update(
  cloud: Cloud,
  type: ResourceType,
  updating: Updating,
): Promise<State> {
  const { id, old, oldInputs, inputs } = updating;
  try {
    const known = knownInputs(type, oldInputs, old);
    const changed = new Set(difference(type, known, inputs).changed);
    if (changed.delete("tags")) await retag(cloud, type, updating);
    if (changed.size > 0)
      await type.update?.(cloud, { id, old, inputs, changed });
    const live = await type.read(cloud, id, { ...old, ...inputs });
    if (!live) throw new Error("it is gone");
    return { id, outputs: settled(type, inputs, live), inputs };
  } catch (error) {
    throw described("updating", type, inputs, error);
  }
}

async function retag(
  cloud: Cloud,
  type: ResourceType,
  updating: Updating,
): Promise<void> {
  const before = textsOf(updating.oldInputs, "tags");
  const after = textsOf(updating.inputs, "tags");
  const state = { ...updating.inputs, ...updating.old };
  const removed = Object.keys(before).filter((key) => !(key in after));
  const added = Object.entries(after).filter(
    ([key, value]) => before[key] !== value,
  );
  if (removed.length > 0) await type.tagging?.remove(cloud, state, removed);
  if (added.length > 0)
    await type.tagging?.add(cloud, state, Object.fromEntries(added));
}

/** The state as AWS has it, with inputs that show drift; undefined when the resource is gone. */
export async function read(
  cloud: Cloud,
  type: ResourceType,
  state: State,
): Promise<State | undefined> {
  try {
    const live = await type.read(cloud, state.id, {
      ...state.inputs,
      ...state.outputs,
    });
    if (!live) return undefined;
    const applied = appliedInputs(state);
    return {
      id: state.id,
      outputs: settled(type, applied, live),
      inputs: drifted(type, applied, live),
    };
  } catch (error) {
    throw described("reading", type, state.inputs, error);
  }
}

export async function remove(
  cloud: Cloud,
  type: ResourceType,
  id: string,
  state: Properties,
): Promise<void> {
  try {
    await type.delete(cloud, id, state);
  } catch (error) {
    throw described("deleting", type, state, error);
  }
}

/** AWS's answer over the inputs: inputs that AWS never tells (a body, code, triggers) stay as they were given. */
function settled(
  type: ResourceType,
  inputs: Properties,
  live: Properties,
): Properties {
  const outputs = { ...inputs, ...live };
  return { ...outputs, ...tagsAll(type, outputs) };
}

/** `creating API Gateway REST API (name): operation error …`, as Terraform words it. */
function described(
  doing: string,
  type: ResourceType,
  properties: Properties,
  error: unknown,
): Error {
  const name = type.autoname && properties[type.autoname.property];
  const message = error instanceof Error ? error.message : String(error);
  const words = `${doing} ${type.label}${typeof name === "string" ? ` (${name})` : ""}: ${message}`;
  return error instanceof AwsError
    ? new AwsError(words, error.code, error.status)
    : new Error(words, { cause: error });
}
