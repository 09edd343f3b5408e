import type { SettingsConsumer } from "../contract/authorizer-settings.ts";
import type { JsonObject } from "../contract/readers.ts";
import type { Expectation } from "./jwt/claims.ts";
import type { MayCallFrom } from "./network.ts";

export type Mode = "token" | "jwt" | "github-oidc" | "proof" | "custom";

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
  readonly mayCallFrom: MayCallFrom;
}

export interface KnownToken extends Validity {
  /** Undefined when the table names a consumer that the settings do not have. */
  readonly consumer: Consumer | undefined;
  readonly caller?: string | undefined;
}

export interface Issuer extends Expectation {
  readonly name: string;
  readonly mode: Mode;
  /** Undefined when the keys are in the settings; until they are fetched, `jwks` is empty. */
  readonly uri?: string | undefined;
  /** @throws Refusal */
  readonly findConsumer: (claims: JsonObject) => Consumer | undefined;
}
