// What changes about who decides on a call, and by which credentials. Pure.
import type { GateDifference } from "./differences.ts";
import type { AuthMode, CustomSummary, GateSummary } from "./summary.ts";
import { quote } from "./wording.ts";

export function diffGuards(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  return [
    ...diffGuard(before, after),
    ...wordModes(before.auth.modes, after.auth.modes).map(changed),
    ...wordCustom(before.auth.custom, after.auth.custom).map(changed),
    ...diffProof(before.proof, after.proof),
    ...diffStore(before, after),
  ];
}

function diffGuard(before: GateSummary, after: GateSummary): GateDifference[] {
  const guarded = ({ routes }: GateSummary) =>
    routes.some((route) => route.guarded);
  if (!guarded(before) || guarded(after) || after.routes.length === 0)
    return [];
  return [
    {
      code: "auth-removed",
      subject: "auth",
      security: true,
      sentence: "no route of the gate asks the authorizer any more",
    },
  ];
}

const changed = (sentence: string): GateDifference => ({
  code: "auth-changed",
  subject: "auth",
  security: true,
  sentence,
});

const modeWords: Readonly<Record<AuthMode, string>> = {
  token: "tokens",
  jwt: "JWTs",
  "github-oidc": "identities of GitHub workflows",
  custom: "your own authorizer",
};

function wordModes(
  before: readonly AuthMode[],
  after: readonly AuthMode[],
): string[] {
  const [was, is] = [before, after].map((modes) => modes.includes("custom"));
  if (is && !was)
    return [
      "your own authorizer decides who may call, instead of the built-in one",
    ];
  if (was && !is)
    return [
      "the built-in authorizer decides who may call, instead of your own",
    ];
  const words = (modes: readonly AuthMode[]) =>
    modes.map((mode) => modeWords[mode]).join(", ") || "nothing";
  return words(before) === words(after)
    ? []
    : [`callers are known by ${words(after)} instead of ${words(before)}`];
}

/** What the user's own authorizer decides cannot be told, so that every change of it counts. */
function wordCustom(
  before: CustomSummary | undefined,
  after: CustomSummary | undefined,
): string[] {
  if (before === undefined || after === undefined) return [];
  const told = [
    ["directory", "is taken from"],
    ["runtime", "runs on"],
    ["handler", "is called at"],
    ["type", "is asked with events of the type"],
  ] as const;
  return [
    ...told
      .filter(([key]) => before[key] !== after[key])
      .map(
        ([key, words]) =>
          `your own authorizer ${words} ${quote(after[key])} instead of ${quote(before[key])}`,
      ),
    ...(before.digest === after.digest
      ? []
      : [
          "the files of your own authorizer change, and with them maybe who may call",
        ]),
  ];
}

function diffProof(was: boolean, is: boolean): GateDifference[] {
  if (was === is) return [];
  return [
    {
      code: is ? "policy-widened" : "policy-narrowed",
      subject: "proof",
      security: true,
      sentence: is
        ? "the authorizer also lets through the proof's own credential, which may call what each consumer may"
        : "the authorizer no longer lets through the proof's own credential",
    },
  ];
}

function diffStore(before: GateSummary, after: GateSummary): GateDifference[] {
  const custom = [before, after].some(({ auth }) =>
    auth.modes.includes("custom"),
  );
  if (custom || before.auth.store === after.auth.store) return [];
  return [
    {
      code: "store-changed",
      subject: "store",
      security: true,
      sentence:
        after.auth.store === "dynamodb"
          ? "tokens are looked up in the gate's table, where others can put more of them, instead of the authorizer's own settings"
          : "tokens are in the authorizer's own settings instead of the gate's table; those that only the table has are refused",
    },
  ];
}
