// One stack and the commands on it, through the Automation API. Engine errors come out as GateFailures that say what,
// where and what to do; what happened is read from engine events, never from the CLI's text.
import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import { version as awsVersion } from "@pulumi/aws/package.json";
import {
  CommandError,
  type Deployment,
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  type PulumiFn,
  Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import "./protobuf-strings.ts";
import type { GateFailure } from "../gate/failure.ts";
import type { Backend } from "./backend.ts";
import { type Engine, refuseUnrunnable } from "./engine.ts";
import type { Adoptable } from "./adoption.ts";
import { explainEngineError } from "./engine-errors.ts";
import { linkNode, policyFailure } from "./policy-packs.ts";
import {
  conditionOf,
  newStack,
  publicOutputsIn,
  secretOutputsIn,
  type StackCondition,
  stackType,
  withoutSecrets,
} from "./stack-state.ts";
import {
  anotherProvider,
  isKms,
  providerOf,
  refuseAnotherProvider,
} from "./secrets-provider.ts";

export interface StackRequest {
  readonly engine: () => Promise<Engine>;
  /** `readStateFile` of this stack. */
  readonly readFile: () => Promise<Deployment | undefined>;
  readonly backend: Backend;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly temp: string;
  /** Aborts the operation: the engine finishes the call in flight, saves the state and releases the lock. */
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  /** Real paths of the policy packs that `preview` and `up` run. */
  readonly policyPacks?: readonly string[];
  /** The program of Node that the packs are started with. */
  readonly node: string;
  /** Called when there is no such stack, before one is made; may refuse by throwing. */
  readonly onMissing?: () => Promise<void>;
}

/** What one operation did: the engine's events and, where there are any, the stack's public outputs afterwards. */
export interface Operation {
  readonly events: readonly EngineEvent[];
  readonly outputs: OutputMap;
  /** Set when the operation failed; its events are still there. */
  readonly failure?: GateFailure;
}

export interface GateStack {
  /** The public ones of the last successful update when the stack was opened; empty for a new stack. */
  readonly outputs: OutputMap;
  /** The secret ones, which only the engine decrypts: it is started for them when first asked, and that once. */
  readonly secretOutputs: () => Promise<OutputMap>;
  readonly condition: StackCondition;
  preview(program: PulumiFn): Promise<Operation>;
  up(program: PulumiFn): Promise<Operation>;
  /** Forgets what was being created when an engine was killed: that must have been looked for. */
  refresh(): Promise<Operation>;
  /** Takes resources of AWS into the state as they are there. */
  adopt(resources: readonly Adoptable[]): Promise<Operation>;
  /** Says what a refresh would find; changes nothing, the state neither. */
  drift(): Promise<Operation>;
  /**
   * @param remove whether the stack goes too, with its history.
   * @param only these, of what was adopted.
   */
  destroy(remove: boolean, only?: readonly Adoptable[]): Promise<Operation>;
  /** Takes every lock away, or on a service the lease of the running update. @returns why that failed. */
  cancel(): Promise<GateFailure | undefined>;
}

/**
 * Each start of the CLI takes its time, and longer with a state far away; the engine is asked for when it is first needed, which for
 * the public outputs of a state that is read as a file is never.
 */
export async function openStack(
  request: StackRequest,
  missing: "create" | "throw-away" | "fail",
): Promise<GateStack | undefined> {
  const { backend, stack: name } = request;
  const workspace = memoize(() => createWorkspace(request, backend));
  return explained(request, async () => {
    const mayExist = backend.exists || missing === "create";
    const stored = mayExist && (await readState(request, workspace));
    if (stored) {
      const { secretsProvider } = backend;
      refuseAnotherProvider(providerOf(stored.state), secretsProvider);
      const select = memoize(async () => {
        await keepProvider(stored.state, request, await workspace());
        await keepPassphrase(backend, await workspace());
        return Stack.select(name, await workspace());
      });
      return operations(select, stored, request);
    }
    if (backend.exists) await request.onMissing?.();
    if (missing === "fail") return undefined;
    if (missing === "create") await keepPassphrase(backend, await workspace());
    const made =
      missing === "create"
        ? await Stack.create(name, await workspace())
        : await createThrowAway(request);
    return operations(() => Promise.resolve(made), undefined, request);
  });
}

interface StoredState {
  readonly state: Deployment;
  /** Whether secrets are encrypted in it. */
  readonly isEncrypted: boolean;
}

/** @returns undefined where there is no such stack. */
async function readState(
  request: StackRequest,
  workspace: () => Promise<LocalWorkspace>,
): Promise<StoredState | undefined> {
  const { keepPassphrase: isNew } = request.backend;
  // A state that is there already was not encrypted with a new passphrase: the engine refuses it.
  const state = isNew ? undefined : await request.readFile();
  if (state) return { state, isEncrypted: true };
  const exported = await exportState(request, await workspace());
  return exported && { state: exported, isEncrypted: false };
}

async function exportState(
  { backend: { secretsProvider }, stack }: StackRequest,
  workspace: LocalWorkspace,
): Promise<Deployment | undefined> {
  try {
    return await workspace.exportStack(stack);
  } catch (error) {
    if (isKms(secretsProvider) && lacksPassphrase(error))
      throw anotherProvider("passphrase", secretsProvider);
    if (error instanceof StackNotFoundError) return undefined;
    throw error;
  }
}

const lacksPassphrase = (error: unknown): boolean =>
  error instanceof CommandError &&
  /incorrect passphrase|passphrase must be set/.test(error.message);

/**
 * The engine reads from the workspace, not from the state, what it encrypts with; a new stack's is written there by the engine. Without
 * the salt it makes up another one, and derives two keys from the passphrase (a million rounds of PBKDF2 each).
 */
async function keepProvider(
  state: Deployment,
  { backend: { secretsProvider }, region, stack }: StackRequest,
  workspace: LocalWorkspace,
): Promise<void> {
  const { encryptedkey, salt } = providerOf(state)?.state ?? {};
  await workspace.saveStackSettings(stack, {
    config: { "aws:region": region },
    ...(isKms(secretsProvider)
      ? {
          secretsProvider,
          ...(encryptedkey !== undefined && { encryptedKey: encryptedkey }),
        }
      : salt !== undefined && { encryptionSalt: salt }),
  });
}

/** Once nothing refuses the run any more. */
async function keepPassphrase(
  { keepPassphrase: keep }: Backend,
  workspace: LocalWorkspace,
): Promise<void> {
  if (keep) Object.assign(workspace.envVars, await keep());
}

/** In a directory of its own each time: one job may preview several gates, or one gate twice. */
async function createThrowAway(request: StackRequest): Promise<Stack> {
  const directory = await mkdtemp(path.join(request.temp, "throw-away-state-"));
  const workspace = await createWorkspace(request, {
    url: `file://${directory}`,
    environment: { PULUMI_CONFIG_PASSPHRASE: "throw-away" },
    exists: true,
  });
  return Stack.create(request.stack, workspace);
}

async function createWorkspace(
  request: StackRequest,
  { environment, secretsProvider, url }: Backend,
): Promise<LocalWorkspace> {
  const { credentials, project, region, stack, temp } = request;
  const engine = await request.engine();
  const workspace = await LocalWorkspace.create({
    // Else it makes one in the system's directory for temporary files, and leaves it there.
    workDir: await mkdtemp(path.join(temp, "workspace-")),
    pulumiCommand: engine.command,
    pulumiHome: engine.home,
    envVars: {
      ...credentials,
      ...environment,
      ...(url !== undefined && { PULUMI_BACKEND_URL: url }),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // A missing plugin is our own failure with its own words, never a download without a check.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // The engine would rather take a plugin from PATH, of any version, or attach to one that runs, than our own.
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      PULUMI_DEBUG_PROVIDERS: "",
      PATH: await enginePath(engine, request),
      AWS_REGION: region,
    },
    // Without a runtime, whose plugin an import would look for: the program runs in this process.
    projectSettings: {
      name: project,
      ...(url !== undefined && { backend: { url } }),
    },
    ...(secretsProvider && { secretsProvider }),
    stackSettings: { [stack]: { config: { "aws:region": region } } },
  });
  // Every command names its stack, and the events tell the outputs: these would only start the CLI again.
  workspace.selectStack = () => Promise.resolve();
  workspace.stackOutputs = () => Promise.resolve({});
  return workspace;
}

/** The engine itself and, last, what policy packs are started with. */
async function enginePath(
  { command: { command } }: Engine,
  { node, policyPacks = [], temp }: StackRequest,
): Promise<string> {
  const own = path.dirname(command);
  return policyPacks.length === 0
    ? own
    : [own, await linkNode(node, temp)].join(path.delimiter);
}

function operations(
  open: () => Promise<Stack>,
  stored: StoredState | undefined,
  request: StackRequest,
): GateStack {
  const outputs = stored ? publicOutputsIn(stored.state) : {};
  const run = (act: Act, kind: "dry run" | "update" = "update") =>
    operate(request, act, { open, kind });
  return {
    outputs,
    secretOutputs: memoize(() => readSecrets(open, stored, request)),
    condition: stored ? conditionOf(stored.state) : newStack,
    preview: (program) =>
      runWithPacks(request, (packs) =>
        run((stack, to) => stack.preview({ ...to, ...packs, program }), dry),
      ),
    up: async (program) => {
      const done = await runWithPacks(request, (packs) =>
        run((stack, to) => stack.up({ ...to, ...packs, program })),
      );
      const { events, failure } = done;
      return failure ? done : { ...done, outputs: publicOutputs(events) };
    },
    refresh: async () => ({
      ...(await run((stack, to) =>
        stack.refresh({ ...to, clearPendingCreates: true }),
      )),
      outputs,
    }),
    drift: async () => ({
      ...(await run((stack, to) => stack.previewRefresh(to), dry)),
      outputs,
    }),
    adopt: (resources) =>
      run((stack, { onOutput }) =>
        stack.import({
          resources: resources.map((one) => ({ ...one, version: awsVersion })),
          protect: false,
          generateCode: false,
          onOutput,
        }),
      ),
    destroy: (remove, only = []) => {
      const { project, stack: name } = request;
      const target = only.map(
        (one) => `urn:pulumi:${name}::${project}::${one.type}::${one.name}`,
      );
      const targets = target.length > 0 && { target };
      return run((stack, to) => stack.destroy({ ...to, remove, ...targets }));
    },
    cancel: async () => (await run((stack) => stack.cancel())).failure,
  };
}

function readSecrets(
  open: () => Promise<Stack>,
  stored: StoredState | undefined,
  request: StackRequest,
): Promise<OutputMap> {
  if (stored === undefined) return Promise.resolve({});
  return explained(request, async () => {
    if (!stored.isEncrypted) return secretOutputsIn(stored.state);
    const { workspace } = await open();
    return secretOutputsIn(await workspace.exportStack(request.stack));
  });
}

const dry = "dry run";

type Act = (
  stack: Stack,
  options: ReturnType<typeof engineOptions>,
) => Promise<unknown>;

const engineOptions = (
  { log, signal }: StackRequest,
  onEvent: (event: EngineEvent) => void,
) =>
  ({
    onEvent,
    onOutput: log,
    signal,
    suppressProgress: true,
    suppressOutputs: true,
    color: "never",
  }) as const;

async function operate(
  request: StackRequest,
  act: Act,
  at: { open: () => Promise<Stack>; kind: "dry run" | "update" },
): Promise<Operation> {
  const events: EngineEvent[] = [];
  const stack = await at.open();
  // After an operation the Automation API would ask for its summary.
  stack.info = () => Promise.resolve(undefined);
  try {
    await act(
      stack,
      engineOptions(request, (event) => events.push(event)),
    );
    return { events, outputs: {} };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const cancelled = request.signal.aborted ? at.kind : undefined;
    const failure = explainEngineError(error, events, cancelled);
    return { events, outputs: {}, failure };
  }
}

/** What its policy packs refuse has failed, whatever the engine makes of it. */
async function runWithPacks(
  { policyPacks = [] }: StackRequest,
  run: (packs: { policyPacks: string[] }) => Promise<Operation>,
): Promise<Operation> {
  const done = await run({ policyPacks: [...policyPacks] });
  const failure = done.failure ?? policyFailure(done.events, policyPacks);
  return failure === undefined ? done : { ...done, failure };
}

/** The result of the first call, for each later one. */
function memoize<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function explained<T>(
  { engine }: StackRequest,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await refuseUnrunnable(await engine());
    throw explainEngineError(error, []);
  }
}

/** What an `up` leaves as outputs, without the secret ones. */
function publicOutputs(events: readonly EngineEvent[]): OutputMap {
  const { outputs = {} } =
    events
      .map(({ resOutputsEvent }) => resOutputsEvent?.metadata)
      .findLast((step) => step?.type === stackType)?.new ?? {};
  return withoutSecrets(outputs as Record<string, unknown>);
}
