// What a mock AI service is asked, and what it answers.

export interface ReceivedRequest {
  /** Without port. */
  readonly host: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: Buffer;
}

/** A whole answer, a stream of events, or none at all. */
export type Reply =
  | {
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Record<string, string>;
      readonly afterMs?: number;
    }
  | { readonly events: readonly string[] }
  | "never";

/** The request with its body parsed; a body that is not a JSON object counts as empty. */
export type AiRequest = Omit<ReceivedRequest, "bytes"> & {
  readonly content: Readonly<Record<string, unknown>>;
};

/** Says the last message back, so that a test sees which question was answered. */
export function answerTo(messages: unknown): string {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const content =
    typeof last === "object" && last !== null && "content" in last
      ? last.content
      : "";
  return `You said: ${typeof content === "string" ? content : JSON.stringify(content)}`;
}

export const wordsOf = (text: string): string[] => text.split(/(?<= )/);
