// What a state tells: outputs, and what an engine that was killed left half-made.
import type {
  Deployment,
  EngineEvent,
  OutputMap,
} from "@pulumi/pulumi/automation";

/** A resource as the program declares it, by its logical name. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface StackCondition {
  /** No resource of AWS is in the state. */
  readonly isEmpty: boolean;
  /** Whether an engine was killed in the middle of a call: what the call did is not in the state. */
  readonly isCutShort: boolean;
  /** What was being created then, and is not in the state. */
  readonly pending: readonly Declared[];
  /** Snapshots of an API that were being made in place of others, which are in the state. */
  readonly snapshots: readonly CutSnapshot[];
}

export interface CutSnapshot {
  readonly api: string;
  /** Those in the state. */
  readonly kept: readonly string[];
  /** ISO time at which the state was last written: while the snapshot was being made. Empty where the state does not say. */
  readonly at: string;
}

interface StoredResource {
  readonly urn?: string;
  readonly id?: string;
  readonly type: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

interface StoredDeployment {
  readonly manifest?: { readonly time?: string };
  readonly resources?: readonly StoredResource[];
  readonly pending_operations?: readonly {
    readonly type: string;
    readonly resource: StoredResource;
  }[];
}

export const stackType = "pulumi:pulumi:Stack";

/** How the engine marks a secret in an exported state and in its events. */
const secretMark = {
  key: "4dabf18193072939515e22adb298388d",
  value: "1b47061264138c4ac30d75fd1eb44270",
} as const;

const isSecret = (value: unknown): value is { readonly plaintext: string } =>
  typeof value === "object" &&
  value !== null &&
  (value as Record<string, unknown>)[secretMark.key] === secretMark.value;

/** @param outputs as a state or an event has them. */
export const withoutSecrets = (
  outputs: Readonly<Record<string, unknown>>,
): OutputMap =>
  Object.fromEntries(
    Object.entries(outputs)
      .filter(([, value]) => !isSecret(value))
      .map(([name, value]) => [name, { value, secret: false }]),
  );

export const publicOutputsIn = (state: Deployment): OutputMap =>
  withoutSecrets(outputsIn(state));

/** Of a state that was exported with its secrets, whose values are JSON texts. */
export const secretOutputsIn = (state: Deployment): OutputMap =>
  Object.fromEntries(
    Object.entries(outputsIn(state)).flatMap(([name, value]) =>
      isSecret(value)
        ? [
            [
              name,
              { value: JSON.parse(value.plaintext) as unknown, secret: true },
            ],
          ]
        : [],
    ),
  );

function outputsIn(state: Deployment): Record<string, unknown> {
  const { resources = [] } = state.deployment as StoredDeployment;
  const { outputs = {} } =
    resources.find(({ type }) => type === stackType) ?? {};
  return outputs;
}

export const newStack: StackCondition = {
  isEmpty: true,
  isCutShort: false,
  pending: [],
  snapshots: [],
};

const snapshotType = "aws:apigateway/deployment:Deployment";

export function conditionOf(state: Deployment): StackCondition {
  const {
    manifest: { time: at = "" } = {},
    pending_operations: operations = [],
    resources = [],
  } = state.deployment as StoredDeployment;
  const stored = new Set(resources.map(({ urn }) => urn));
  const creating = operations
    .filter(({ type }) => type === "creating")
    .map(({ resource }) => resource);
  const snapshots = creating
    .filter(({ type, urn }) => type === snapshotType && stored.has(urn))
    .map(({ inputs = {} }) => ({
      api: String(inputs["restApi"]),
      at,
      kept: resources.flatMap(({ id, type }) =>
        type === snapshotType && id !== undefined ? [id] : [],
      ),
    }));
  return {
    isEmpty: resources.every(({ type }) => !type.startsWith("aws:")),
    isCutShort: operations.length > 0,
    pending: creating.filter(({ urn }) => !stored.has(urn)).map(declared),
    snapshots,
  };
}

/** What a preview would create. */
export const createsIn = (events: readonly EngineEvent[]): Declared[] =>
  events.flatMap(({ resourcePreEvent: step }) => {
    const { metadata } = step ?? {};
    if (metadata?.op !== "create" || metadata.new === undefined) return [];
    const { inputs, type, urn } = metadata.new;
    return [declared({ inputs, type, urn })];
  });

/** A URN ends in `::<parent types>$<type>::<name>`. */
const declared = ({
  inputs = {},
  type,
  urn = "",
}: StoredResource): Declared => ({
  type,
  name: urn.split("::").slice(3).join("::"),
  inputs,
});
