import type { Problem } from "../gate/failure.ts";
import { defaults, type Gate } from "../gate/gate.ts";
import type { Draft } from "./draft.ts";
import { type GateSource, lengthProblems } from "./gate-source.ts";
import { draftFromFile, type FileDraft } from "./from-file.ts";
import {
  consumersFromInputs,
  draftFromInputs,
  reportConflicts,
} from "./from-inputs.ts";
import { collectInto, type Report } from "./location.ts";
import { quoted } from "./messages.ts";
import { checkBuiltIn, checkCustom } from "./rules/auth.ts";
import { checkConsumers } from "./rules/consumers.ts";
import type { Reports } from "./rules/value-checks.ts";
import { checkCors } from "./rules/cors.ts";
import { checkStripHeaders, checkTokenHeaders } from "./rules/headers.ts";
import { checkIssuers } from "./rules/issuers.ts";
import {
  checkRegion,
  checkStack,
  checkStage,
  checkTags,
} from "./rules/names-and-tags.ts";
import { checkPlans } from "./rules/plans.ts";
import { checkRoutes, type PlacedRoute } from "./rules/routes.ts";
import { checkAllowedSecrets } from "./rules/secrets.ts";
import { checkTargets, checkUpstreams } from "./rules/upstreams.ts";
import { checkSchema } from "./schema-problems.ts";
import { readSource } from "./yaml.ts";

export type ParsedGate =
  | { readonly gate: Gate; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/** @returns the gate and what is odd about it, or every problem at once. Neither ever holds a secret. */
export function parseGate(source: GateSource): ParsedGate {
  const tooLong = lengthProblems(source.inputs);
  if (tooLong.length > 0) return { problems: tooLong };
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const report = collectInto(problems);
  const draft = readDraft(source, report);
  const gate = checkDraft(draft, source, {
    report,
    warn: collectInto(warnings),
  });
  return problems.length > 0 ? { problems } : { gate, warnings };
}

/** Reads everything the user wrote; reports what cannot be read and what is given twice. */
function readDraft({ inputs, config }: GateSource, report: Report): Draft {
  const source = config && readSource(config.file, config.text, report);
  const whole =
    source === undefined ? config === undefined : checkSchema(source, report);
  if (source !== undefined) reportConflicts(inputs, source, report);
  const fromFile: FileDraft =
    source === undefined ? { auth: {} } : draftFromFile(source);
  const fromInputs = draftFromInputs(inputs);
  return {
    ...fromInputs,
    // In the part of the file that could not be read there may be an upstream.
    upstreams: fromInputs.upstreams.filter(
      ({ url }) => whole || url !== undefined,
    ),
    ...fromFile,
    consumers: fromFile.consumers ?? consumersFromInputs(inputs, report),
    auth: { ...fromInputs.auth, ...fromFile.auth },
    whole,
  };
}

/** @returns a gate that holds if nothing was reported. */
function checkDraft(draft: Draft, source: GateSource, reports: Reports): Gate {
  const { report } = reports;
  const stack = checkStack(draft.stack, report);
  const region = checkRegion(draft.region, report);
  const stageName = checkStage(draft.stageName, report);
  const tokenHeaders = checkTokenHeaders(draft, report);
  const stripHeaders = checkStripHeaders(draft, report);
  const id = `${source.project}/${stack}`;
  const custom = draft.auth.kind === "custom";
  const issuers = custom ? [] : checkIssuers(draft, id, { source, report });
  const auth = custom
    ? checkCustom(draft, source, reports)
    : checkBuiltIn(draft, issuers, report);
  const allowedSecrets = checkAllowedSecrets(draft.allowedSecrets, report);
  const setting = { region, tokenHeaders, allowedSecrets };
  const { routes, upstreams, sound } = checkServices(draft, setting, reports);
  const cors = checkCors(draft.origins, report);
  return {
    id,
    stack,
    region,
    stageName,
    tokenHeaders,
    stripHeaders,
    auth,
    upstreams,
    routes,
    consumers: custom
      ? []
      : checkConsumers(draft, {
          source,
          routes: sound ? routes : undefined,
          issuers,
          ...reports,
        }),
    plans: checkPlans(draft, report),
    throttle: draft.throttle ?? defaults.throttle,
    ...(cors && { cors }),
    logRetentionDays: draft.logRetentionDays ?? defaults.logRetentionDays,
    tags: checkTags(draft.tags, report),
  };
}

function checkServices(
  draft: Draft,
  setting: Parameters<typeof checkUpstreams>[1],
  { report, warn }: Reports,
) {
  const upstreams = checkUpstreams(draft.upstreams, setting, report);
  const placed = checkRoutes(draft, report);
  checkTargets(placed, upstreams, { report, warn });
  if (draft.whole) reportUnused(draft, report);
  const sound =
    draft.whole && placed.length === draft.routes.length && placed.length > 0;
  return {
    upstreams,
    routes: placed.map(({ route }: PlacedRoute) => route),
    sound,
  };
}

function reportUnused(draft: Draft, report: Report): void {
  const used = draft.routes.map(({ upstream }) => upstream.value);
  for (const { name, place } of draft.upstreams)
    if (!used.includes(name))
      report(
        place,
        `Unused upstream ${quoted(name)}: add a route to it, or remove it`,
      );
}
