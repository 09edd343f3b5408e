// What a look at the source of a user's authorizer tells of its handler; the source is never run. Pure.

/** What is wrong with a handler's file, as the end of a sentence that starts with its name; with the line, where there is one. */
export interface HandlerFault {
  readonly message: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}
