// The action's inputs in the form of the config file: a gate with one route.
import { consumerIdPattern } from "../../contract/authorizer-settings.ts";
import { defaults } from "../gate/gate.ts";
import { kindsOfInputs } from "../gate/upstream-kinds.ts";
import {
  inputOf,
  namedLines,
  type SimpleInputName,
  simpleInputs,
  type SimpleInputs,
} from "./gate-source.ts";
import {
  type ConfigPath,
  formatPath,
  type Place,
  type Report,
} from "./location.ts";
import { consumerIdForm, hidden, listed, quoted } from "./messages.ts";
import type { FileConfig } from "./schema.ts";
import type { ConfigSource } from "./yaml.ts";

/** What the config file and the inputs give together. */
export type Config = Omit<FileConfig, "consumers"> &
  Defined<Pick<FileConfig, FromInputs>> & {
    readonly consumers: readonly ConsumerConfig[];
  };
type FromInputs = "stage" | "strip-headers" | "auth" | "upstreams" | "routes";
type Defined<T> = { [Key in keyof T]-?: Exclude<T[Key], undefined> };

type FileConsumer = Defined<FileConfig>["consumers"][number];
type FileToken = Exclude<Defined<FileConsumer>["token"], readonly unknown[]>;
type TokenConfig = FileToken | PlainToken;
type ConsumerConfig = Omit<FileConsumer, "token"> & {
  readonly token?: TokenConfig | readonly TokenConfig[] | undefined;
};

/** A token in the clear, of the input `tokens`. The schema takes none from a file. */
interface PlainToken {
  readonly plain: string;
  readonly line: number;
}

export function reportConflicts(
  inputs: SimpleInputs,
  { data, keyPlace }: ConfigSource,
  report: Report,
): void {
  const auth = typeof data["auth"] === "object" ? data["auth"] : {};
  for (const [name, { keys = [] }] of simpleInputs) {
    const key = keys.find((one) =>
      one.startsWith("auth.")
        ? Object.hasOwn(auth ?? {}, one.slice("auth.".length))
        : Object.hasOwn(data, one),
    );
    if (inputOf(inputs, name, report) === undefined || key === undefined)
      continue;
    const { position } = keyPlace(key.split("."));
    report(
      { where: name, ...(position && { position }) },
      `Given twice, by this input and by the key \`${key}\` of ${position?.file ?? "the config file"}: remove one of them`,
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

export function configFromInputs(inputs: SimpleInputs, report: Report): Config {
  const given = (name: SimpleInputName) => inputOf(inputs, name, report)?.value;
  const issuer = jwtIssuer(inputs, report);
  const tokenHeaders = wordsOf(given("token-header") ?? "");
  return {
    stage: given("stage-name") ?? defaults.stage,
    ...(tokenHeaders.length > 0 && { "token-header": tokenHeaders }),
    "strip-headers": wordsOf(given("strip-headers") ?? ""),
    auth: {
      directory: given("authorizer"),
      runtime: given("authorizer-runtime"),
      handler: given("authorizer-handler"),
      type: given("authorizer-type"),
      issuers: issuer && { jwt: issuer },
    },
    upstreams: {
      service: {
        kind: upstreamKindOf(inputs, report),
        url: given("upstream"),
        header: given("upstream-header"),
        secret: given("upstream-secret"),
      },
    },
    routes: [
      {
        path: given("path") ?? defaults.path,
        methods: wordsOf(given("methods") ?? defaults.methods),
        upstream: "service",
      },
    ],
    consumers: [
      ...consumersByToken(inputs, report),
      ...(issuer ? [{ id: "jwt", jwt: { issuer: "jwt" } }] : []),
      ...consumerLines(
        inputs,
        "github-repositories",
        "repository-id",
        report,
      ).map(({ name, value }) => ({
        id: name,
        github: { "repository-id": value },
      })),
    ],
  };
}

/** @returns the input that gave a value of the config, or what is around it. */
export function inputPlace({ consumers }: Config, path: ConfigPath): Place {
  const [key, index] = path;
  if (key === "consumers") {
    const { jwt, token } = consumers[Number(index)] ?? {};
    if (token !== undefined) return { where: "tokens" };
    return { where: jwt ? "jwt-issuer" : "github-repositories" };
  }
  const longestFirst = path.map((_, end) =>
    formatPath(path.slice(0, -end || undefined)),
  );
  const [found] = longestFirst.flatMap((one) =>
    simpleInputs.filter(([, { at = [] }]) => at.includes(one)),
  );
  return { where: found?.[0] ?? formatPath(path) };
}

/** The words of a list with commas, spaces or line breaks between them. */
const wordsOf = (text: string): string[] =>
  text.split(/[\s,]+/).filter((word) => word !== "");

function upstreamKindOf(inputs: SimpleInputs, report: Report) {
  const given = inputOf(inputs, "upstream-kind", report);
  const kind = kindsOfInputs.find((name) => name === given?.value);
  if (kind === undefined)
    given?.report(
      `Invalid value ${quoted(given.value)}: use ${listed(kindsOfInputs)}, or the config file for other kinds`,
    );
  return kind;
}

/** The issuer that `jwt-issuer` and `jwt-audience` (one a line) describe, if they do. */
function jwtIssuer(inputs: SimpleInputs, report: Report) {
  const issuer = inputOf(inputs, "jwt-issuer", report);
  const audience = inputOf(inputs, "jwt-audience", report);
  if (issuer !== undefined && audience === undefined)
    report(
      { where: "jwt-audience" },
      "Missing value: set the audience of the tokens of `jwt-issuer`, else tokens for any other service would be accepted",
    );
  if (issuer === undefined && audience !== undefined)
    audience.report(
      "Audience without an issuer: set `jwt-issuer`, or remove `jwt-audience`",
    );
  if (issuer === undefined || audience === undefined) return undefined;
  const lines = audience.value.split(/\r?\n/).map((line) => line.trim());
  return {
    issuer: issuer.value,
    audience: lines.filter((line) => line !== ""),
  };
}

/** One consumer a name, in order of first appearance; a name given twice has two tokens. */
function consumersByToken(inputs: SimpleInputs, report: Report) {
  const tokens = new Map<string, PlainToken[]>();
  for (const { number, name, value } of consumerLines(
    inputs,
    "tokens",
    "token",
    report,
  ))
    tokens.set(name, [
      ...(tokens.get(name) ?? []),
      { plain: value, line: number },
    ]);
  return [...tokens].map(([id, token]) => ({ id, token }));
}

/** @returns the `name=value` lines that start with a consumer's id; the others were reported, without what may be a token in them */
function consumerLines(
  inputs: SimpleInputs,
  where: "tokens" | "github-repositories",
  what: string,
  report: Report,
) {
  return namedLines(inputOf(inputs, where, report)?.value).filter(
    ({ number, line, name }) => {
      const isValid = consumerIdPattern.test(name);
      if (!isValid)
        report(
          { where },
          `Line ${number} ${hidden(line)} does not start with a name: write name=${what}, the name of ${consumerIdForm}`,
        );
      return isValid;
    },
  );
}
