// Reads what act prints with `--json`: one object a line, for each line a step printed and each workflow command. Pure.

import { parsedObject } from "../system/servers.ts";

export interface ActLine {
  /** Job id; "" for act's own lines. */
  readonly job: string;
  /** Step id, or its index where it has none; "" outside of steps. */
  readonly step: string;
  readonly stage: string;
  /** `output` for what a step printed, else the workflow command (`notice`, `summary`, …), else `act`. */
  readonly kind: string;
  readonly text: string;
}

interface ActAnnotation {
  readonly job: string;
  readonly step: string;
  readonly level: "notice" | "warning" | "error";
  readonly message: string;
  /** `file`, `line`, `col`, `title`, … */
  readonly properties: Readonly<Record<string, string>>;
}

export interface ActLog {
  readonly lines: readonly ActLine[];
  /** Result by job id: `success`, `failure`, `skipped`, … */
  readonly jobs: Readonly<Record<string, string>>;
  /** Step outputs by job id, step id and name. */
  readonly outputs: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>
  >;
  readonly summaries: readonly {
    readonly job: string;
    readonly step: string;
    readonly text: string;
  }[];
  readonly annotations: readonly ActAnnotation[];
  /** Values given to `::add-mask::`. GitHub drops a job output that holds one; act does not: assert it. */
  readonly masked: readonly string[];
}

type Entry = Readonly<Record<string, unknown>>;

export function parseActLog(output: string): ActLog {
  const entries = output
    .split("\n")
    .map(parsedObject)
    .filter((entry) => entry !== undefined);
  const outputs: Record<string, Record<string, Record<string, string>>> = {};
  for (const entry of entries.filter(
    ({ command }) => command === "set-output",
  )) {
    const steps = (outputs[textOf(entry.jobID)] ??= {});
    const values = (steps[stepOf(entry)] ??= {});
    values[textOf(entry.name)] = textOf(entry.arg);
  }
  return {
    lines: entries.map(toLine),
    jobs: Object.fromEntries(
      entries
        .filter(({ jobResult }) => jobResult !== undefined)
        .map((entry) => [textOf(entry.jobID), textOf(entry.jobResult)]),
    ),
    outputs,
    summaries: entries
      .filter(({ command }) => command === "summary")
      .map((entry) => ({
        job: textOf(entry.jobID),
        step: stepOf(entry),
        text: textOf(entry.content),
      })),
    annotations: entries.flatMap(toAnnotation),
    masked: entries
      .filter(({ command }) => command === "add-mask")
      .map(({ arg }) => textOf(arg)),
  };
}

/** One line of act's output, as it arrives. */
export function parseActLine(line: string): ActLine {
  const entry = parsedObject(line);
  return entry === undefined
    ? { job: "", step: "", stage: "", kind: "act", text: line }
    : toLine(entry);
}

function toLine(entry: Entry): ActLine {
  const kind =
    entry.raw_output === true ? "output" : textOf(entry.command) || "act";
  const text = textOf(kind === "summary" ? entry.content : entry.msg).replace(
    /\n$/,
    "",
  );
  return {
    job: textOf(entry.jobID),
    step: stepOf(entry),
    stage: textOf(entry.stage),
    kind,
    text,
  };
}

function toAnnotation(entry: Entry): ActAnnotation[] {
  const level = entry.command;
  if (level !== "notice" && level !== "warning" && level !== "error") return [];
  const properties = Object.entries(entry.kvPairs ?? {}).map(
    ([name, value]): [string, string] => [name, textOf(value)],
  );
  return [
    {
      job: textOf(entry.jobID),
      step: stepOf(entry),
      level,
      message: textOf(entry.arg),
      properties: Object.fromEntries(properties),
    },
  ];
}

// Steps inside a composite action come as [outer, inner].
function stepOf({ stepID }: Entry): string {
  return Array.isArray(stepID) ? stepID.map(textOf).join("/") : "";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
