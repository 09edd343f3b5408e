// Who may pass, and who may vouch for them: consumers, known tokens, and the issuers whose tokens stand for consumers. Pure.
import type { SettingsConsumer } from "../contract/authorizer-settings.ts";
import type { JsonObject } from "../contract/readers.ts";
import type { Expectation } from "./jwt/claims.ts";

/** By what kind of credential somebody passed. */
export type Mode = "token" | "jwt" | "github-oidc" | "proof" | "custom";

/** From when on somebody does not pass, and whether at all. */
export interface Validity {
  /** Epoch milliseconds. */
  readonly expires?: number | undefined;
  readonly disabled?: boolean | undefined;
}

export interface Consumer extends Validity {
  readonly id: string;
  readonly access: SettingsConsumer["access"];
  /** The API key API Gateway counts the consumer's calls by; it is no secret. */
  readonly usageKey?: string | undefined;
}

/** A token known by its hash. */
export interface KnownToken extends Validity {
  /** Undefined when the table names a consumer that the settings do not have. */
  readonly consumer: Consumer | undefined;
  /** Who of the consumer exactly it is, where the table says so. */
  readonly caller?: string | undefined;
}

export interface Issuer extends Expectation {
  readonly name: string;
  readonly mode: Mode;
  /** Where its keys are; undefined when they are in the settings. Until they are fetched, `jwks` is empty. */
  readonly uri?: string | undefined;
  /** The consumer that verified claims stand for. May throw a Refusal. */
  readonly findConsumer: (claims: JsonObject) => Consumer | undefined;
}
