// Who may pass, and who may vouch for them: consumers, and the issuers whose tokens stand for consumers. Pure.
import type { Expectation } from "./claims.ts";
import type { Condition } from "./condition.ts";
import type { JsonObject } from "./json.ts";

/** By what kind of credential somebody passed. */
export type Mode = "token" | "jwt" | "github-oidc" | "proof" | "custom";

export interface Consumer {
  readonly id: string;
  /** Epoch milliseconds from which on nothing passes. */
  readonly expires?: number | undefined;
  readonly disabled?: boolean | undefined;
  /** The API key API Gateway counts the consumer's calls by; it is no secret. */
  readonly usageKey?: string | undefined;
  readonly hashes: readonly string[];
  /** The JWTs that stand for the consumer, by the issuer's name. */
  readonly identities: readonly {
    readonly issuer: string;
    readonly conditions: readonly Condition[];
  }[];
  /** ARN suffixes after the stage: `POST/openai/*`. */
  readonly resources: readonly string[];
  /** Names of the upstreams whose credential it may use. */
  readonly upstreams: readonly string[];
}

/** A token known by its hash. */
export interface KnownToken {
  readonly digest: Buffer;
  readonly consumer: Consumer;
  /** Who of the consumer exactly it is, where the table says so. */
  readonly caller?: string | undefined;
  /** Epoch milliseconds from which on it does not pass. */
  readonly expires?: number | undefined;
  readonly disabled?: boolean | undefined;
}

export interface Issuer extends Expectation {
  readonly name: string;
  readonly mode: Mode;
  /** Where its keys are; undefined when they are in the settings. Until they are fetched, `jwks` is empty. */
  readonly uri?: string | undefined;
  /** The consumer that verified claims stand for. May throw a Refusal. */
  readonly findConsumer: (claims: JsonObject) => Consumer | undefined;
}
