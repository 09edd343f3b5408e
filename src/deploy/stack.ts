// One stack and the commands on it, through the Automation API. Engine errors come out as GateFailures that say what,
// where and what to do; what happened is read from engine events, never from the CLI's text.
import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import {
  CommandError,
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  type PulumiFn,
  Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import type { GateFailure } from "../gate/failure.ts";
import type { Backend } from "./backend.ts";
import type { Engine } from "./engine.ts";
import { explainEngineError } from "./engine-errors.ts";

export interface StackRequest {
  readonly engine: Engine;
  readonly backend: Backend;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly temp: string;
  /** Aborts the operation: the engine finishes the call in flight, saves the state and releases the lock. */
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

/** What one operation did: the engine's events and, where there are any, the stack's outputs afterwards. */
export interface Operation {
  readonly events: readonly EngineEvent[];
  readonly outputs: OutputMap;
  /** Set when the operation failed; its events and the outputs from before are still there. */
  readonly failure?: GateFailure;
}

export interface GateStack {
  outputs(): Promise<OutputMap>;
  preview(program: PulumiFn): Promise<Operation>;
  up(program: PulumiFn): Promise<Operation>;
  refresh(): Promise<Operation>;
  /** Says what a refresh would find; changes nothing, the state neither. The outputs are the stored ones. */
  drift(): Promise<Operation>;
  /** @param remove whether the stack goes too, with its history. */
  destroy(remove: boolean): Promise<Operation>;
}

export async function openStack(
  request: StackRequest,
  missing: "create" | "throw-away" | "fail",
): Promise<GateStack | undefined> {
  const { backend, stack: name } = request;
  const workspace = await createWorkspace(request, backend);
  const open = async () => {
    if (missing === "create") return Stack.createOrSelect(name, workspace);
    const stack = backend.exists && (await selectIfThere(name, workspace));
    if (stack) return stack;
    return missing === "fail" ? undefined : createThrowAway(request);
  };
  const stack = await explained(open);
  return stack && operations(stack, request);
}

async function selectIfThere(name: string, workspace: LocalWorkspace) {
  try {
    return await Stack.select(name, workspace);
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined;
    throw error;
  }
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

function createWorkspace(
  { credentials, engine, project, region }: StackRequest,
  { environment, url }: Backend,
): Promise<LocalWorkspace> {
  return LocalWorkspace.create({
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
      PATH: path.dirname(engine.command.command),
      AWS_REGION: region,
    },
    projectSettings: {
      name: project,
      runtime: "nodejs",
      ...(url !== undefined && { backend: { url } }),
    },
  });
}

function operations(stack: Stack, request: StackRequest): GateStack {
  const run = (
    act: (options: EngineOptions) => Promise<OutputMap>,
    kind: "dry run" | "update" = "update",
  ) => operate(stack, request, act, kind);
  return {
    outputs: () => explained(() => stack.outputs()),
    preview: (program) =>
      run(
        (options) => stack.preview({ ...options, program }).then(() => ({})),
        "dry run",
      ),
    up: (program) =>
      run((options) =>
        stack.up({ ...options, program }).then(({ outputs }) => outputs),
      ),
    refresh: () =>
      run((options) => stack.refresh(options).then(() => stack.outputs())),
    drift: () =>
      run(
        (options) => stack.previewRefresh(options).then(() => stack.outputs()),
        "dry run",
      ),
    destroy: (remove) =>
      run((options) => stack.destroy({ ...options, remove }).then(() => ({}))),
  };
}

type EngineOptions = ReturnType<typeof engineOptions>;

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
  stack: Stack,
  request: StackRequest,
  act: (options: EngineOptions) => Promise<OutputMap>,
  kind: "dry run" | "update",
): Promise<Operation> {
  const { region, signal } = request;
  const events: EngineEvent[] = [];
  await explained(() => stack.setConfig("aws:region", { value: region }));
  try {
    const options = engineOptions(request, (event) => events.push(event));
    return { events, outputs: await act(options) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const cancelled = signal.aborted ? kind : undefined;
    const failure = explainEngineError(error, events, cancelled);
    return { events, outputs: {}, failure };
  }
}

async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw explainEngineError(error, []);
  }
}
