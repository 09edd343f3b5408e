/** What services of a kind have in common; the config may say each otherwise. */
export interface UpstreamKind {
  /** The service's own URL, where there is only one. */
  readonly url?: string;
  /** In which the gate sends its credential, with the scheme if any. */
  readonly header: string;
  /** Where the service's own SDKs send their key, and so where callers may send the gate's. */
  readonly tokenHeaders: readonly string[];
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const upstreamKinds = {
  /** Any https service. */
  http: { header: "Authorization: Bearer", tokenHeaders: ["Authorization"] },
  openai: {
    url: "https://api.openai.com/v1",
    header: "Authorization: Bearer",
    tokenHeaders: ["Authorization"],
  },
  anthropic: {
    url: "https://api.anthropic.com",
    header: "x-api-key",
    // Its SDKs send the one, and Claude Code the other.
    tokenHeaders: ["x-api-key", "Authorization"],
    // The only version there is (API reference, "Versions").
    headers: { "anthropic-version": "2023-06-01" },
  },
  "azure-openai": {
    header: "api-key",
    // `api-key` for keys; the newer endpoint `/openai/v1` takes OpenAI's SDK, which sends the other.
    tokenHeaders: ["api-key", "Authorization"],
  },
  gemini: {
    url: "https://generativelanguage.googleapis.com",
    header: "x-goog-api-key",
    // The latter for its endpoint `/v1beta/openai`.
    tokenHeaders: ["x-goog-api-key", "Authorization"],
  },
} as const satisfies Readonly<Record<string, UpstreamKind>>;

export type UpstreamKindName = keyof typeof upstreamKinds;

export const upstreamKind = (name: UpstreamKindName): UpstreamKind =>
  upstreamKinds[name];

/** Those that a URL and a secret are enough for; the others have keys that no input of the action gives. */
export const kindsOfInputs = [
  "http",
  "openai",
  "anthropic",
  "azure-openai",
  "gemini",
] as const satisfies readonly UpstreamKindName[];
