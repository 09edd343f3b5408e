// One stack and the commands on it, through the Automation API. Engine errors come out as GateFailures that say what,
// where and what to do; what happened is told by engine events, never by the CLI's text.
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
import { GateFailure } from "../gate/failure.ts";
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
  /** Aborts the operation under way: the engine finishes the call in flight, saves the state and lets the lock go. */
  readonly signal: AbortSignal;
  /** Gets the engine's progress text, for the job's log. */
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
  /** Outputs of the last successful update; empty for a new stack. */
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
  const workspace = await createWorkspace(request, request.backend);
  const name = request.stack;
  if (missing === "create")
    return operations(
      await explained(() => Stack.createOrSelect(name, workspace)),
      request,
    );
  const stack = request.backend.exists
    ? await selectIfThere(name, workspace)
    : undefined;
  if (stack !== undefined) return operations(stack, request);
  if (missing === "fail") return undefined;
  // A directory of its own each time: one job may preview several gates, or one gate twice.
  const directory = await mkdtemp(path.join(request.temp, "throw-away-state-"));
  const environment = { PULUMI_CONFIG_PASSPHRASE: "throw-away" };
  const elsewhere = await createWorkspace(request, {
    url: `file://${directory}`,
    environment,
    exists: true,
  });
  return operations(
    await explained(() => Stack.create(name, elsewhere)),
    request,
  );
}

async function createWorkspace(
  request: StackRequest,
  backend: Backend,
): Promise<LocalWorkspace> {
  const { engine, project } = request;
  return LocalWorkspace.create({
    pulumiCommand: engine.command,
    pulumiHome: engine.home,
    envVars: {
      ...request.credentials,
      ...backend.environment,
      ...(backend.url === undefined ? {} : { PULUMI_BACKEND_URL: backend.url }),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // A missing plugin is our own failure with its own words, never a download that nobody checked.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // The engine would rather take a plugin from PATH, of any version, or attach to one that runs, than our own.
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      PULUMI_DEBUG_PROVIDERS: "",
      PATH: path.dirname(engine.command.command),
      AWS_REGION: request.region,
    },
    projectSettings: {
      name: project,
      runtime: "nodejs",
      ...(backend.url === undefined ? {} : { backend: { url: backend.url } }),
    },
  });
}

async function selectIfThere(
  name: string,
  workspace: LocalWorkspace,
): Promise<Stack | undefined> {
  try {
    return await explained(() => Stack.select(name, workspace));
  } catch (error) {
    if (
      error instanceof GateFailure &&
      error.cause instanceof StackNotFoundError
    )
      return undefined;
    throw error;
  }
}

function operations(stack: Stack, request: StackRequest): GateStack {
  const run = (act: (options: EngineOptions) => Promise<OutputMap>) =>
    operate(stack, request, act);
  return {
    outputs: () => explained(() => stack.outputs()),
    preview: (program) =>
      run(
        async (options) => (await stack.preview({ ...options, program }), {}),
      ),
    up: (program) =>
      run(async (options) => (await stack.up({ ...options, program })).outputs),
    refresh: () =>
      run(async (options) => (await stack.refresh(options), stack.outputs())),
    drift: () =>
      run(
        async (options) => (
          await stack.previewRefresh(options),
          stack.outputs()
        ),
      ),
    destroy: (remove) =>
      run(async (options) => (await stack.destroy({ ...options, remove }), {})),
  };
}

interface EngineOptions {
  readonly onEvent: (event: EngineEvent) => void;
  readonly onOutput: (text: string) => void;
  readonly signal: AbortSignal;
  readonly suppressProgress: true;
  readonly suppressOutputs: true;
  readonly color: "never";
}

async function operate(
  stack: Stack,
  request: StackRequest,
  act: (options: EngineOptions) => Promise<OutputMap>,
): Promise<Operation> {
  const events: EngineEvent[] = [];
  const options: EngineOptions = {
    onEvent: (event) => events.push(event),
    onOutput: request.log,
    signal: request.signal,
    suppressProgress: true,
    suppressOutputs: true,
    color: "never",
  };
  await explained(() =>
    stack.setConfig("aws:region", { value: request.region }),
  );
  try {
    return { events, outputs: await act(options) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return {
      events,
      outputs: {},
      failure: explainEngineError(error, events, request.signal.aborted),
    };
  }
}

/** Runs something that is no update (select, outputs, config) and puts its failure in words. */
async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const failure = explainEngineError(error, [], false);
    failure.cause = error;
    throw failure;
  }
}
