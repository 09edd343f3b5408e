// Engine events become changes: one per resource, the engine's internal steps folded, without secrets. Pure.
import type { Change } from "./change.ts";
import {
  addStep,
  newResource,
  type Resource,
  type Step,
  toChange,
} from "./steps.ts";

/** The part of the Automation API's `EngineEvent` that is read here. The engine writes `null` for an empty list. */
export interface ReportedEvent {
  readonly resourcePreEvent?: { readonly metadata: Step };
  readonly resOutputsEvent?: { readonly metadata: Step };
  readonly resOpFailedEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: {
    readonly severity: string;
    readonly message: string;
  };
  readonly summaryEvent?: {
    readonly maybeCorrupt: boolean;
    readonly durationSeconds: number;
  };
}

export interface EngineReport {
  /** In the order in which the engine met the resources. */
  readonly changes: readonly Change[];
  /** The engine's error messages, without colours. */
  readonly errors: readonly string[];
  /** The engine says that the state of a resource may be wrong. */
  readonly maybeCorrupt: boolean;
  readonly durationSeconds?: number;
}

/**
 * Reads the events of one operation, in the order they came.
 * @param secrets texts that are never shown, wherever they are: what the log masks.
 */
export function readEvents(
  events: readonly ReportedEvent[],
  secrets: readonly string[] = [],
): EngineReport {
  const resources = new Map<string, Resource>();
  for (const event of events) {
    const failed = event.resOpFailedEvent?.metadata;
    const step =
      failed ??
      event.resourcePreEvent?.metadata ??
      event.resOutputsEvent?.metadata;
    if (!step || isEngineOwn(step.type)) continue;
    const resource = resources.get(step.urn) ?? newResource(step);
    resources.set(step.urn, resource);
    addStep(resource, step, secrets);
    if (failed) resource.failed = true;
  }
  const summary = events.findLast((one) => one.summaryEvent)?.summaryEvent;
  return {
    changes: [...resources.values()].flatMap(toChange),
    errors: events.flatMap(readError),
    maybeCorrupt: summary?.maybeCorrupt === true,
    ...(summary && { durationSeconds: summary.durationSeconds }),
  };
}

/** The stack itself and the providers are resources to the engine, but nothing that a user has. */
export const isEngineOwn = (type: string): boolean =>
  type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");

/** The engine writes colours as `<{%reset%}>`. */
function readError({ diagnosticEvent }: ReportedEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const text = diagnosticEvent.message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
  return text === "" ? [] : [text];
}
