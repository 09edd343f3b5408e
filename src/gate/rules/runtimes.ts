// The Lambda runtimes that a directory of source can run on. Pure.

/** In the order in which a handler's file is looked for. */
export const languageNames = ["node", "python"] as const;

export interface Runtime {
  readonly name: string;
  readonly language: (typeof languageNames)[number];
  /** Last day of support: after it AWS patches the runtime no more, and soon takes no new functions. */
  readonly until: string;
}

/** Developer guide, "Lambda runtimes", as of 2026; the newest of each language first. */
export const runtimes: readonly Runtime[] = [
  { name: "nodejs24.x", language: "node", until: "2028-04-30" },
  { name: "nodejs22.x", language: "node", until: "2027-04-30" },
  { name: "python3.14", language: "python", until: "2029-06-30" },
  { name: "python3.13", language: "python", until: "2029-06-30" },
  { name: "python3.12", language: "python", until: "2028-10-31" },
  { name: "python3.11", language: "python", until: "2027-06-30" },
];

/** Where Lambda looks for a handler's file, in its order. */
export const extensions = {
  node: [".js", ".mjs", ".cjs"],
  python: [".py"],
} as const;

/** Runtime by the handler's file, when none is given. */
export const fallbacks = { node: "nodejs24.x", python: "python3.13" } as const;
