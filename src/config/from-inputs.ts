// The action's inputs as the draft of a gate with one route.
import { defaults } from "../gate/gate.ts";
import { type Draft, type DraftConsumer, draftConsumer } from "./draft.ts";
import {
  type SimpleInputName,
  simpleInputs,
  type SimpleInputs,
} from "./gate-source.ts";
import { formatPath, type Located, type Report } from "./location.ts";
import { readRepositoryLines } from "./rules/github.ts";
import { readTokenLines } from "./rules/tokens.ts";
import type { ConfigSource } from "./yaml.ts";

/** Name of the upstream that the input `upstream` describes. */
const onlyUpstream = "service";
/** Name of the issuer that `jwt-issuer` describes, and of the consumer that its JWTs stand for. */
const onlyJwt = "jwt";

/** @returns the draft, with defaults where nothing is given, but without consumers. */
export function draftFromInputs(inputs: SimpleInputs): Omit<Draft, "whole"> {
  const given = (name: SimpleInputName) => inputOf(inputs, name);
  const or = (name: SimpleInputName, value: string) =>
    given(name) ?? { value, place: { where: name } };
  const methods = or("methods", defaults.methods);
  const upstream = { where: "upstream" };
  const directory = given("authorizer");
  return {
    stack: given("stack"),
    region: given("region"),
    stageName: or("stage-name", defaults.stage),
    tokenHeaders: wordsOf(or("token-header", defaults.tokenHeader)),
    stripHeaders: wordsOf(or("strip-headers", "")),
    tags: given("tags"),
    allowedSecrets: given("allowed-secrets"),
    auth: {
      place: { where: "authorizer" },
      kind: directory === undefined ? "built-in" : "custom",
      modes: undefined,
      cacheTtl: undefined,
      store: undefined,
      issuers: jwtIssuers(inputs),
      githubIssuer: undefined,
      type: given("authorizer-type"),
      directory,
      runtime: given("authorizer-runtime"),
      handler: given("authorizer-handler"),
    },
    upstreams: [
      {
        name: onlyUpstream,
        place: upstream,
        url: given("upstream"),
        header: given("upstream-header"),
        secret: given("upstream-secret"),
        headers: [],
      },
    ],
    routes: [
      {
        place: { where: "path" },
        path: or("path", defaults.path),
        methods: {
          value: wordsOf(methods).map(({ value }) => value),
          place: methods.place,
        },
        upstream: { value: onlyUpstream, place: upstream },
        stream: true,
        timeout: undefined,
      },
    ],
    consumers: [],
    plans: [],
    throttle: undefined,
    origins: undefined,
    logRetentionDays: undefined,
  };
}

/** @returns the callers that `tokens`, `jwt-issuer` and `github-repositories` name, each with access to every route. */
export function consumersFromInputs(
  inputs: SimpleInputs,
  report: Report,
): DraftConsumer[] {
  const issuer = inputOf(inputs, "jwt-issuer");
  const audience = inputOf(inputs, "jwt-audience");
  if (issuer !== undefined && audience === undefined)
    report(
      { where: "jwt-audience" },
      "Missing value: set the audience of the tokens of `jwt-issuer`, else tokens for any other service would be accepted",
    );
  if (issuer === undefined && audience !== undefined)
    report(
      audience.place,
      "Audience without an issuer: set `jwt-issuer`, or remove `jwt-audience`",
    );
  return [
    ...readTokenLines(inputOf(inputs, "tokens"), report),
    ...jwtIssuers(inputs).map(({ name, place }) => ({
      ...draftConsumer({ value: name, place }),
      jwt: { place, issuer: { value: name, place }, claims: [] },
    })),
    ...readRepositoryLines(inputOf(inputs, "github-repositories"), report),
  ];
}

/** Reports every input that the config file gives as well. */
export function reportConflicts(
  inputs: SimpleInputs,
  config: ConfigSource,
  report: Report,
): void {
  for (const [name, { keys = [] }] of simpleInputs) {
    if (inputOf(inputs, name) === undefined) continue;
    const path = keys.map((key) => key.split(".")).find(config.has);
    if (path === undefined) continue;
    const { position } = config.keyPlace(path);
    report(
      { where: name, ...(position && { position }) },
      `Given twice, by this input and by the key \`${formatPath(path)}\` of ${position?.file ?? "the config file"}: remove one of them`,
    );
  }
}

/** @returns the region that the AWS step before this one has set, as every AWS SDK looks for it. */
export const regionIn = (
  environment: (name: string) => string | undefined,
): string | undefined =>
  ["AWS_REGION", "AWS_DEFAULT_REGION"]
    .map((name) => environment(name)?.trim())
    .find((value) => value);

/** @returns the input, trimmed; undefined when it is not given or blank. */
function inputOf(
  inputs: SimpleInputs,
  name: SimpleInputName,
): Located<string> | undefined {
  const value = inputs[name]?.trim() ?? "";
  return value === "" ? undefined : { value, place: { where: name } };
}

/** The words of a list with commas, spaces or line breaks between them. */
const wordsOf = ({ value, place }: Located<string>): Located<string>[] =>
  value
    .split(/[\s,]+/)
    .filter((word) => word !== "")
    .map((word) => ({ value: word, place }));

/** The issuer that `jwt-issuer` and `jwt-audience` (one a line) describe, if they do. */
function jwtIssuers(inputs: SimpleInputs) {
  const issuer = inputOf(inputs, "jwt-issuer");
  const audience = inputOf(inputs, "jwt-audience");
  if (issuer === undefined || audience === undefined) return [];
  const lines = audience.value.split(/\r?\n/).map((line) => line.trim());
  return [
    {
      name: onlyJwt,
      place: issuer.place,
      issuer,
      audiences: lines
        .filter((line) => line !== "")
        .map((value) => ({ value, place: audience.place })),
      audienceClaim: undefined,
      algorithms: undefined,
      jwksUri: undefined,
      jwks: undefined,
      claims: [],
      clockSkew: undefined,
      maxLifetime: undefined,
    },
  ];
}
