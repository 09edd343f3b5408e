// Reads the summary that an earlier run left: by another version of the action, or by hand, it may be anything. Pure.
import * as z from "zod";
import { authorizerTypes, httpMethods, jwtAlgorithms } from "../gate/gate.ts";
import type { GateSummary } from "./summary.ts";

const text = z.string();
const count = z.number();
const texts = z.array(text);

const methods = z.array(z.enum(httpMethods));

const conditions = z.array(
  z.object({
    claim: text,
    anyOf: z.array(z.union([text, count, z.boolean()])),
  }),
);

const issuer = z.object({
  name: text,
  issuer: text,
  audiences: texts,
  audienceClaim: text,
  algorithms: z.array(z.enum(jwtAlgorithms)),
  keys: text,
  clockSkew: count,
  maxLifetime: count.exactOptional(),
  conditions,
});

const auth = z.object({
  modes: z.array(z.enum(["token", "jwt", "github-oidc", "custom"])),
  cacheTtl: count,
  store: z.enum(["bundled", "dynamodb"]),
  issuers: z.array(issuer),
  custom: z
    .object({
      directory: text,
      runtime: text,
      handler: text,
      type: z.enum(authorizerTypes),
      digest: text.exactOptional(),
    })
    .exactOptional(),
});

const route = z.object({
  path: text,
  methods,
  upstream: text,
  host: text,
  target: text,
  guarded: z.boolean(),
  credential: z.boolean(),
  credentialHeader: text.exactOptional(),
  credentialPrefix: text.exactOptional(),
  credentialSecret: text.exactOptional(),
  credentialStore: z.enum(["ssm", "secrets-manager"]).exactOptional(),
  credentialDigest: text.exactOptional(),
  headers: z.record(text, text),
  stream: z.boolean(),
  timeout: count,
});

const consumer = z.object({
  id: text,
  modes: auth.shape.modes,
  tokenIds: texts,
  identities: z.array(z.object({ issuer: text, conditions })),
  access: z.union([
    z.literal("*"),
    z.array(
      z.object({
        route: text,
        methods: methods.exactOptional(),
        below: text.exactOptional(),
        exactly: text.exactOptional(),
      }),
    ),
  ]),
  expires: text.exactOptional(),
  disabled: z.boolean(),
  plan: text.exactOptional(),
});

const plan = z.object({
  name: text,
  rate: count,
  burst: count,
  quota: z
    .object({ limit: count, period: z.enum(["DAY", "WEEK", "MONTH"]) })
    .exactOptional(),
});

/** Typed by what it must be, so that the compiler tells when the two differ. */
const summary: z.ZodType<GateSummary> = z.object({
  version: z.literal(4),
  stageName: text,
  tokenHeaders: texts,
  stripHeaders: texts,
  proof: z.boolean(),
  auth,
  routes: z.array(route),
  consumers: z.array(consumer),
  plans: z.array(plan),
  throttle: z.object({ rate: count, burst: count }),
  origins: texts,
});

/** @returns undefined for what is no summary of this version, or none at all: nothing is known of that gate. */
export function readSummary(stored: unknown): GateSummary | undefined {
  return summary.safeParse(stored).data;
}
