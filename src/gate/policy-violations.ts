// What policy packs say of the gate's resources, read from the engine's events.

/** The part of the engine's events that is read here. The SDK does not know all of it. */
export interface PolicyEvents {
  readonly policyEvent?: PolicyEvent & {
    readonly message: string;
    readonly enforcementLevel: string;
  };
  /** A policy that changed a resource's properties, which are in the event. */
  readonly policyRemediationEvent?: PolicyEvent;
  /** `PolicyPacks` has `<pack>|local|<path>`, the path shortened, with the version. */
  readonly summaryEvent?: {
    readonly PolicyPacks?: Readonly<Record<string, string>> | null;
    readonly maybeCorrupt: boolean;
  };
}

interface PolicyEvent {
  readonly resourceUrn?: string;
  readonly policyName: string;
  readonly policyPackName: string;
  readonly policyPackVersion?: string;
}

export interface Violation {
  readonly level: "mandatory" | "advisory" | "remediated";
  readonly policy: string;
  /** With its version, where it has one. */
  readonly pack: string;
  /** `RestApi api`; `the gate` for a policy about all resources together. */
  readonly resource: string;
  /** As the pack says it, on one line; empty where it says nothing. */
  readonly message: string;
}

/** @returns what stops a run first, then what is only said; each once. */
export function violationsIn(
  events: readonly PolicyEvents[],
): readonly Violation[] {
  const all = events.flatMap(({ policyEvent, policyRemediationEvent }) => [
    ...(policyEvent ? [violated(policyEvent)] : []),
    ...(policyRemediationEvent
      ? [toViolation(policyRemediationEvent, "remediated", "")]
      : []),
  ]);
  const unique = new Map(all.map((one) => [JSON.stringify(one), one]));
  const sorted = [...unique.values()];
  return [
    ...sorted.filter(isStopping),
    ...sorted.filter((one) => !isStopping(one)),
  ];
}

export const isStopping = ({ level }: Violation): boolean =>
  level !== "advisory";

/** A level that is not known stops, as a mandatory one. */
const violated = (
  event: PolicyEvent & { message: string; enforcementLevel: string },
): Violation =>
  toViolation(
    event,
    event.enforcementLevel === "advisory" ? "advisory" : "mandatory",
    event.message,
  );

function toViolation(
  event: PolicyEvent,
  level: Violation["level"],
  message: string,
): Violation {
  const { policyName, policyPackName, policyPackVersion = "" } = event;
  return {
    level,
    policy: policyName,
    pack: [policyPackName, policyPackVersion].filter(Boolean).join(" "),
    resource: resourceOf(event.resourceUrn),
    message: message
      .replaceAll(/<\{%[^%]*%\}>/g, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  };
}

/** A URN ends in `::<parent types>$<module>:<Type>::<name>`. */
function resourceOf(urn = ""): string {
  const [, , type = "", name = ""] = urn.split("::");
  if (type === "" || type.endsWith("pulumi:Stack")) return "the gate";
  return `${type.split(":").at(-1) ?? type} ${name}`;
}

/** `no-open-api of the pack team-rules 1.0.0 refuses RestApi api: what it says`. */
export function wordViolation(violation: Violation): string {
  const { level, message, pack, policy, resource } = violation;
  const verb = {
    mandatory: "refuses",
    advisory: "says of",
    remediated: "would change the properties of",
  }[level];
  const said = message === "" ? "" : `: ${message}`;
  return `the policy ${policy} of the pack ${pack} ${verb} ${resource}${said}`;
}

/** Whether the engine names local packs among those it ran: it runs all that it is given, or fails. */
export const ranPacks = (events: readonly PolicyEvents[]): boolean =>
  Object.keys(
    events.findLast((event) => event.summaryEvent)?.summaryEvent?.PolicyPacks ??
      {},
  ).some((name) => name.includes("|local|"));
