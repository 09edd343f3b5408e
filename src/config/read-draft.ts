// Brings inputs and config file together into one draft; the same thing given by both is a problem that names both. Pure.
import { defaults } from "../gate/gate.ts";
import type { Draft, DraftAuth, DraftIssuer } from "./draft.ts";
import { type ConfigDraft, draftFromConfig } from "./from-file.ts";
import {
  draftConsumersFromInputs,
  draftRouteFromInputs,
  inputJwtIssuer,
  inputOf,
  namesOf,
} from "./from-inputs.ts";
import type {
  GateSource,
  SimpleInputName,
  SimpleInputs,
} from "./gate-source.ts";
import type { Report } from "./location.ts";
import { checkShape } from "./schema-problems.ts";
import { type ConfigSource, readSource } from "./yaml.ts";

/** Reads everything the user wrote; reports what cannot be read and what is given twice. */
export function readDraft(source: GateSource, report: Report): Draft {
  const { inputs } = source;
  const config =
    source.config && readSource(source.config.file, source.config.text, report);
  const whole =
    config === undefined
      ? source.config === undefined
      : checkShape(config, report);
  if (config !== undefined) reportConflicts(inputs, config, report);
  const file = config && draftFromConfig(config);
  const inFile = (key: string) => config?.data[key] !== undefined;
  const region = inputOf(inputs, "region") ?? regionFromEnvironment(source);
  return {
    stack: inputOf(inputs, "stack"),
    region,
    stageName:
      file?.stage ?? inputWithDefault(inputs, "stage-name", defaults.stage),
    tokenHeaders: file?.tokenHeaders ??
      namesOf(inputs, "token-header") ?? [
        { value: defaults.tokenHeader, place: { where: "token-header" } },
      ],
    stripHeaders: file?.stripHeaders ?? namesOf(inputs, "strip-headers") ?? [],
    tags: inputOf(inputs, "tags"),
    allowedSecrets: inputOf(inputs, "allowed-secrets"),
    auth: draftAuth(inputs, file),
    ...(inFile("routes") || inFile("upstreams")
      ? { routes: file?.routes ?? [], upstreams: file?.upstreams ?? [] }
      : draftRouteOf(inputs, whole)),
    consumers:
      file !== undefined && inFile("consumers")
        ? file.consumers
        : draftConsumersFromInputs(inputs, report),
    plans: file?.plans ?? [],
    throttle: file?.throttle,
    origins: file?.origins,
    logRetentionDays: file?.logRetentionDays,
    whole,
  };
}

/** A file that could not be read as a whole may hold anything: then a missing upstream is not missing. */
function draftRouteOf(inputs: SimpleInputs, whole: boolean) {
  const { routes, upstreams } = draftRouteFromInputs(inputs);
  const given = whole || inputOf(inputs, "upstream") !== undefined;
  return { routes, upstreams: given ? upstreams : [] };
}

function regionFromEnvironment(source: GateSource) {
  const value = regionIn(source.environment);
  return value === undefined
    ? undefined
    : { value, place: { where: "region" } };
}

/** The region that the AWS step before this one has set, as every AWS SDK looks for it. */
export function regionIn(
  environment: (name: string) => string | undefined,
): string | undefined {
  return ["AWS_REGION", "AWS_DEFAULT_REGION"]
    .map((name) => environment(name)?.trim())
    .find((value) => value);
}

function inputWithDefault(
  inputs: SimpleInputs,
  name: SimpleInputName,
  value: string,
) {
  return inputOf(inputs, name) ?? { value, place: { where: name } };
}

/** Which keys of the file say the same as an input. */
const twins: Readonly<Partial<Record<SimpleInputName, readonly string[]>>> = {
  path: ["routes", "upstreams"],
  methods: ["routes", "upstreams"],
  upstream: ["upstreams", "routes"],
  "upstream-header": ["upstreams", "routes"],
  "upstream-secret": ["upstreams", "routes"],
  "token-header": ["token-header"],
  "strip-headers": ["strip-headers"],
  tokens: ["consumers"],
  "jwt-issuer": ["consumers", "auth.issuers"],
  "jwt-audience": ["consumers", "auth.issuers"],
  "github-repositories": ["consumers"],
  "stage-name": ["stage"],
  authorizer: ["auth.mode", "auth.directory"],
  "authorizer-runtime": ["auth.mode", "auth.runtime"],
  "authorizer-handler": ["auth.mode", "auth.handler"],
  "authorizer-type": ["auth.mode", "auth.type"],
};

function reportConflicts(
  inputs: SimpleInputs,
  config: ConfigSource,
  report: Report,
): void {
  for (const [name, keys] of Object.entries(twins)) {
    if (inputOf(inputs, name as SimpleInputName) === undefined) continue;
    const twin = keys.find(
      (key) => valueAt(config, key.split(".")) !== undefined,
    );
    if (twin === undefined) continue;
    const { position } = config.keyPlace(twin.split("."));
    report(
      { where: name, ...(position && { position }) },
      `Given twice, by this input and by the key \`${twin}\` of ${position?.file ?? "the config file"}: remove one of them`,
    );
  }
}

function valueAt(config: ConfigSource, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<string, unknown>)[key]
        : undefined,
    config.data,
  );
}

// How callers are recognised, from inputs and config file, as part of a draft. Pure.

function draftAuth(
  inputs: SimpleInputs,
  file: ConfigDraft | undefined,
): DraftAuth {
  const { mode, github, ...auth } = file?.auth ?? {};
  const fromFile = <Key extends keyof typeof auth>(key: Key) => {
    const value = auth[key];
    return value === undefined ? undefined : file?.given(value, ["auth", key]);
  };
  const directory = fromFile("directory") ?? inputOf(inputs, "authorizer");
  const modes = draftModes(mode, file);
  const custom =
    modes === undefined
      ? directory !== undefined
      : modes.some(({ value }) => value === "custom");
  const store = file?.store;
  return {
    place:
      mode === undefined
        ? { where: "authorizer" }
        : (file?.given(mode, ["auth", "mode"]).place ?? { where: "auth" }),
    kind: custom ? "custom" : "built-in",
    modes,
    cacheTtl: fromFile("cache-ttl"),
    store:
      store?.value === "dynamodb" || store?.value === "bundled"
        ? { value: store.value, place: store.place }
        : undefined,
    issuers: draftIssuers(inputs, file),
    githubIssuer:
      github && file?.given(github.issuer, ["auth", "github", "issuer"]),
    type: fromFile("type") ?? inputOf(inputs, "authorizer-type"),
    directory,
    runtime: fromFile("runtime") ?? inputOf(inputs, "authorizer-runtime"),
    handler: fromFile("handler") ?? inputOf(inputs, "authorizer-handler"),
  };
}

function draftModes(
  mode: ConfigDraft["auth"]["mode"],
  file: ConfigDraft | undefined,
): DraftAuth["modes"] {
  if (mode === undefined || file === undefined) return undefined;
  return Array.isArray(mode)
    ? mode.map((one, index) => file.given(one, ["auth", "mode", index]))
    : [file.given(mode, ["auth", "mode"])];
}

/** The file's issuers are the twin of the input's: where both are given, that is the problem, and the file's are judged. */
function draftIssuers(
  inputs: SimpleInputs,
  file: ConfigDraft | undefined,
): readonly DraftIssuer[] {
  const own = file?.issuers ?? [];
  return own.length > 0 ? own : inputJwtIssuer(inputs);
}
