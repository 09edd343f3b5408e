// What the user wrote, read but not yet judged: the one form that inputs and config file are brought into. Pure.
import type { Given, Place } from "./place.ts";

export interface Draft {
  readonly stack: Given<string> | undefined;
  readonly region: Given<string> | undefined;
  readonly stageName: Given<string>;
  readonly tokenHeader: Given<string>;
  readonly tags: Given<string> | undefined;
  readonly auth: DraftAuth;
  readonly upstreams: readonly DraftUpstream[];
  readonly routes: readonly DraftRoute[];
  readonly consumers: readonly DraftConsumer[];
  readonly throttle:
    { readonly rate: number; readonly burst: number } | undefined;
  readonly origins: readonly Given<string>[] | undefined;
  readonly logRetentionDays: number | undefined;
  /** False when parts of the config file could not be read: then nothing may be called missing or unused. */
  readonly whole: boolean;
}

export interface DraftAuth {
  readonly place: Place;
  readonly mode: "token" | "custom";
  readonly cacheTtl: number | undefined;
  readonly directory: Given<string> | undefined;
  readonly runtime: Given<string> | undefined;
  readonly handler: Given<string> | undefined;
}

export interface DraftUpstream {
  readonly name: string;
  readonly place: Place;
  readonly url: Given<string> | undefined;
  readonly header: Given<string> | undefined;
  readonly secret: Given<string> | undefined;
  readonly headers: readonly (Given<string> & { readonly name: string })[];
}

export interface DraftRoute {
  readonly place: Place;
  readonly path: Given<string>;
  readonly methods: Given<readonly string[]>;
  readonly upstream: Given<string>;
  readonly stream: boolean;
  readonly timeout: Given<number> | undefined;
}

export interface DraftConsumer {
  readonly id: Given<string>;
  readonly tokens: readonly Given<DraftToken>[];
  /** Access globs; undefined is every route. */
  readonly access: readonly Given<string>[] | undefined;
  readonly expires: Given<string> | undefined;
}

/** `label` says in a problem which token is meant, without its value. */
export type DraftToken =
  | { readonly label: string; readonly plain: string }
  | { readonly label: string; readonly env: string }
  | { readonly label: string; readonly sha256: string };
