import type { Problem } from "../gate/failure.ts";
import { defaults, type Gate, isFronted, type Route } from "../gate/gate.ts";
import {
  type Config,
  configFromInputs,
  inputPlace,
  reportConflicts,
} from "./from-inputs.ts";
import { type GateSource, lengthProblems } from "./gate-source.ts";
import {
  collectInto,
  type ConfigPath,
  Located,
  type Reports,
} from "./location.ts";
import { checkBuiltIn, checkCustom, isCustom } from "./rules/auth.ts";
import { checkConsumers } from "./rules/consumers.ts";
import { checkIssuers } from "./rules/issuers.ts";
import { checkCors } from "./rules/cors.ts";
import { checkDomain, checkWebAcl } from "./rules/domain-and-waf.ts";
import { checkStripHeaders, joinTokenHeaders } from "./rules/headers.ts";
import {
  checkRegion,
  checkStack,
  checkStage,
  checkTags,
} from "./rules/names-and-tags.ts";
import { checkMcp } from "./rules/mcp.ts";
import { checkCallers } from "./rules/private-endpoint.ts";
import { checkModelRoutes } from "./rules/models.ts";
import { checkAlarms, checkLogs } from "./rules/observability.ts";
import { checkPlans } from "./rules/plans.ts";
import { checkRoles } from "./rules/roles.ts";
import { checkRoutes } from "./rules/routes.ts";
import {
  checkTargets,
  checkUpstreams,
  reportUnusedUpstreams,
} from "./rules/upstreams.ts";
import type { Checks } from "./rules/value-checks.ts";
import { checkSchema } from "./schema-problems.ts";
import { readSource } from "./yaml.ts";

export type ParsedGate =
  | { readonly gate: Gate; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/** @returns the gate and what is odd about it, or every problem at once. Neither contains a secret. */
export function parseGate(source: GateSource): ParsedGate {
  const tooLong = lengthProblems(source.inputs);
  if (tooLong.length > 0) return { problems: tooLong };
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const report = collectInto(problems);
  const warn = collectInto(warnings);
  const config = readConfig(source, { report, warn });
  const gate = checkGate({ ...config, source, report });
  return problems.length > 0 ? { problems } : { gate, warnings };
}

/** Reads everything the user wrote; reports what cannot be read and what is given twice. Where both give something, the file counts. */
function readConfig(
  { inputs, config: text }: GateSource,
  { report, warn }: Reports,
): Pick<Checks, "config" | "whole"> {
  const file = text && readSource(text.file, text.text, report);
  if (file !== undefined) reportConflicts(inputs, file, report);
  const has = (key: string) => file !== undefined && key in file.data;
  const hasConsumers = has("consumers");
  const given = {
    ...((has("routes") || has("upstreams")) && { routes: [], upstreams: {} }),
    ...(hasConsumers && { consumers: [] }),
  };
  const { parts, whole } = file
    ? checkSchema(file, report)
    : { parts: {}, whole: text === undefined };
  const fromFile: Partial<Config> = { ...given, ...parts };
  const fromInputs = configFromInputs(
    inputs,
    hasConsumers ? () => undefined : report,
  );
  const config: Config = {
    ...fromInputs,
    ...fromFile,
    auth: { ...fromInputs.auth, ...fromFile.auth },
  };
  const isInFile = ([key = "", below = ""]: ConfigPath) =>
    key === "auth"
      ? Object.hasOwn(fromFile.auth ?? {}, below)
      : Object.hasOwn(fromFile, key);
  const placeOf = (path: ConfigPath) =>
    file && isInFile(path) ? file.place(path) : inputPlace(fromInputs, path);
  const origin = { placeOf, report, warn };
  return { config: new Located(config, [], origin), whole };
}

/** @returns a gate that is valid if nothing was reported. */
function checkGate(checks: Checks): Gate {
  const { config, report, source, whole } = checks;
  const stack = checkStack(source.inputs, report);
  const region = checkRegion(source.inputs, report);
  const stageName = checkStage(config);
  const stripHeaders = checkStripHeaders(config);
  const id = `${source.project}/${stack}`;
  const auth = isCustom(config)
    ? checkCustom(checks)
    : checkBuiltIn(checks, checkIssuers(checks, id));
  const upstreams = checkUpstreams(checks, region);
  const tokenHeaders = joinTokenHeaders(config, upstreams);
  const placed = checkRoutes(checks);
  checkTargets(placed, upstreams, config.value);
  const callers = checkCallers(config);
  const decides = { auth, upstreams, ...callers };
  const isAlone = auth.mode === "custom" && !isFronted(decides);
  checkModelRoutes(placed, { config, upstreams, isAlone });
  reportUnusedUpstreams(checks);
  const cors = checkCors(config);
  // Your own TOKEN authorizer's answers are kept by the token alone, and its policy is applied to each call.
  const isByToken = isAlone && auth.type === "token";
  const cachesByPath = auth.cacheTtl > 0 && !isByToken;
  const domain = checkDomain(config, { region, cachesByPath });
  const webAcl = checkWebAcl(config, region);
  const routes = placed.map(({ route }) => route);
  const isSound =
    whole && routes.length > 0 && routes.length === config.value.routes.length;
  const { throttle } = config.value;
  const logs = checkLogs(config);
  const alarms = checkAlarms(config, { ...logs, auth, region, upstreams });
  const gate: Gate = {
    id,
    stack,
    region,
    stageName,
    tokenHeaders,
    stripHeaders,
    auth,
    upstreams,
    routes,
    consumers:
      auth.mode === "custom"
        ? []
        : checkConsumers(checks, isSound ? routes : undefined, callers.network),
    plans: checkPlans(checks),
    throttle: throttle ?? defaults.throttle,
    ...(cors && { cors }),
    ...callers,
    ...(domain && { domain }),
    tls: config.value.tls ?? defaults.tls,
    ...(webAcl !== undefined && { webAcl }),
    ...logs,
    ...(alarms && { alarms }),
    tags: checkTags(checks),
    ...checkRoles(source.inputs, region, report),
  };
  if (isSound && placed.every(({ route }) => isKnown(upstreams, route)))
    checkMcp(placed, gate);
  return gate;
}

const isKnown = (upstreams: Gate["upstreams"], { upstream }: Route): boolean =>
  upstreams.some(({ name }) => name === upstream);
