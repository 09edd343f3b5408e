// What the benches find, and how it is shown: as rows of one table, in a terminal and in the docs. Pure.

/** A ratio of two things measured in one run, a count, or a plain figure of this machine. */
export interface Measure {
  /** What it is of, in words: the first column. */
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** Where the project has set itself one. */
  readonly bound?: { readonly most: number } | { readonly least: number };
}

type Unit =
  "times" | "calls" | "starts" | "ms" | "µs" | "s" | "MB" | "bytes" | "share";

/** Points of a line, by its name; for the plots. */
export type Lines = Readonly<
  Record<string, readonly (readonly [x: number, y: number])[]>
>;

export interface Found {
  readonly measures: readonly Measure[];
  readonly lines?: Lines;
  /** Rows of a table of its own. */
  readonly table?: readonly (readonly string[])[];
}

export interface Results {
  /** The machine of the last run. */
  readonly node: string;
  readonly cores: number;
  readonly benches: Readonly<Record<string, Found>>;
}

const isMet = ({ bound, value }: Measure): boolean =>
  bound === undefined ||
  ("most" in bound ? value <= bound.most : value >= bound.least);

const digits = (value: number): string =>
  value >= 100
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(2)));

const units: Readonly<Record<Unit, string>> = {
  ...{ times: " times", calls: " calls", starts: " starts", share: "" },
  ...{ ms: " ms", µs: " µs", s: " s", MB: " MB", bytes: " bytes" },
};

const wordValue = ({ unit, value }: Measure): string =>
  digits(value) + units[unit];

function wordBound({ bound, unit }: Measure): string {
  if (bound === undefined) return "";
  const [which, value] =
    "most" in bound ? ["at most", bound.most] : ["at least", bound.least];
  return `${which} ${digits(value)}${units[unit]}`;
}

const header = ["what", "value", "bound"] as const;

/** For a terminal: as wide as its widest cells. */
export function renderTable(measures: readonly Measure[]): string {
  const rows = [header, ...measures.map(row)];
  const widths = header.map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? "").length)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const row = (measure: Measure): readonly string[] => [
  measure.what,
  wordValue(measure),
  wordBound(measure) + (isMet(measure) ? "" : " (missed)"),
];

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const markdown = (rows: readonly (readonly string[])[]): string =>
  [rows[0] ?? [], (rows[0] ?? []).map(() => "---"), ...rows.slice(1)]
    .map(line)
    .join("\n");

/** For a page: one bench's measures, then its own table where it has one. */
function renderFigures({ measures, table }: Found): string {
  const rows = [header, ...measures.map(row)];
  const hasBounds = measures.some(({ bound }) => bound !== undefined);
  const shown = hasBounds ? rows : rows.map((cells) => cells.slice(0, 2));
  return [
    ...(measures.length > 0 ? [markdown(shown)] : []),
    ...(table ? [markdown(table)] : []),
  ].join("\n\n");
}

/** Each place of a page that names benches, with their figures in it. */
export const fillPage = (page: string, { benches }: Results): string =>
  page.replaceAll(
    /(<!-- bench: (.*?) -->\n).*?(<!-- \/bench -->)/gs,
    (_, open: string, names: string, close: string) => {
      const all = names.split(" ").flatMap((name) => benches[name] ?? []);
      const measures = all.flatMap((found) => found.measures);
      const table = all.find((found) => found.table)?.table;
      const figures =
        all.length === 0
          ? "Not measured yet."
          : renderFigures({ measures, ...(table && { table }) });
      return `${open}\n${figures}\n\n${close}`;
    },
  );
