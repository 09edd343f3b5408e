// The simple inputs as a draft: a gate with one route. Pure.
import { defaults } from "../gate/gate.ts";
import { readRepositoryLines } from "./rules/github.ts";
import { readTokenLines } from "./rules/tokens.ts";
import {
  type DraftConsumer,
  draftConsumer,
  type DraftIssuer,
  type DraftRoute,
  type DraftUpstream,
} from "./draft.ts";
import type { SimpleInputName, SimpleInputs } from "./gate-source.ts";
import type { Given, Report } from "./location.ts";

/** Name of the upstream that the input `upstream` describes. */
const onlyUpstream = "service";
/** Name of the issuer that `jwt-issuer` describes, and of the consumer that its tokens stand for. */
const onlyJwt = "jwt";

/** @returns the input, trimmed, or undefined when it is not given or blank. */
export function inputOf(
  inputs: SimpleInputs,
  name: SimpleInputName,
): Given<string> | undefined {
  const value = inputs[name]?.trim() ?? "";
  return value === "" ? undefined : { value, place: { where: name } };
}

/** @returns the names of a list with commas, spaces or line breaks between them; undefined when none is given. */
export function namesOf(
  inputs: SimpleInputs,
  name: SimpleInputName,
): Given<string>[] | undefined {
  const given = inputOf(inputs, name);
  return given?.value
    .split(/[\s,]+/)
    .filter((one) => one !== "")
    .map((value) => ({ value, place: given.place }));
}

/** @returns the one route and its upstream, with defaults where nothing is given. */
export function draftRouteFromInputs(inputs: SimpleInputs): {
  routes: DraftRoute[];
  upstreams: DraftUpstream[];
} {
  const path = inputOrDefault(inputs, "path", defaults.path);
  const methods = inputOrDefault(inputs, "methods", defaults.methods);
  const upstream = { where: "upstream" };
  const route = {
    place: path.place,
    path,
    methods: {
      value: methods.value.split(/[\s,]+/).filter((method) => method !== ""),
      place: methods.place,
    },
    upstream: { value: onlyUpstream, place: upstream },
    stream: true,
    timeout: undefined,
  };
  const service = {
    name: onlyUpstream,
    place: upstream,
    url: inputOf(inputs, "upstream"),
    header: inputOf(inputs, "upstream-header"),
    secret: inputOf(inputs, "upstream-secret"),
    headers: [],
  };
  return { routes: [route], upstreams: [service] };
}

function inputOrDefault(
  inputs: SimpleInputs,
  name: SimpleInputName,
  value: string,
): Given<string> {
  return inputOf(inputs, name) ?? { value, place: { where: name } };
}

/** @returns the callers that `tokens`, `jwt-issuer` and `github-repositories` name, each with access to every route. */
export function draftConsumersFromInputs(
  inputs: SimpleInputs,
  report: Report,
): DraftConsumer[] {
  const jwt = inputJwtIssuer(inputs).map(({ name, place }) => ({
    ...draftConsumer({ value: name, place }),
    jwt: { place, issuer: { value: name, place }, claims: [] },
  }));
  const [issuer, audience] = [
    inputOf(inputs, "jwt-issuer"),
    inputOf(inputs, "jwt-audience"),
  ];
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
    ...jwt,
    ...readRepositoryLines(inputOf(inputs, "github-repositories"), report),
  ];
}

/** @returns the issuer that `jwt-issuer` and `jwt-audience` (one a line) describe, if they do. */
export function inputJwtIssuer(inputs: SimpleInputs): DraftIssuer[] {
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
