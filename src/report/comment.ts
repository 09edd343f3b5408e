// The report of a run as Markdown: the comment on a pull request, and the step summary.
import { diagram } from "./diagram.ts";
import type { Finding } from "../diff/finding-codes.ts";
import { wordViolation } from "../gate/policy-violations.ts";
import { everyCallSection } from "./every-call.ts";
import { allowLine } from "./fail-on.ts";
import { listedFindings } from "./findings.ts";
import { brief, code, full, link, prose, type Writer } from "./markdown.ts";
import {
  isNew,
  isUnfinished,
  isUnknownBefore,
  type Run,
} from "./run-result.ts";
import { byteLength, fitSections, type Section } from "./sections.ts";
import { snippetsSection } from "./snippets.ts";
import {
  changesSection,
  countsSection,
  failedSection,
  proofSections,
  routesSection,
} from "./tables.ts";
import { verdict, wordGate } from "./verdict.ts";

/** GitHub refuses a comment of more than 65,536 characters. */
const commentLimit = 65_000;

/** GitHub drops a step summary of more than 1 MiB; 24 KiB remain for other parts of the step. */
const summaryLimit = 1000 * 1024;

/** The hidden first line that identifies the comment of a gate in its region. */
export function commentMarker({
  gateId,
  region,
}: Pick<Run, "gateId" | "region">): string {
  // No other characters, so that no text can end the HTML comment.
  const [id, place] = [gateId, region].map((text) =>
    text.replaceAll(/[^A-Za-z0-9._/-]/g, (character) =>
      encodeURIComponent(character.toWellFormed()),
    ),
  );
  return `<!-- ai-gate-action gate=${id} region=${place} -->`;
}

export function renderComment(run: Run): string {
  const marker = `${commentMarker(run)}\n`;
  const note = "Shortened to fit; the summary of the run has all of it.";
  return marker + render(run, brief, commentLimit - marker.length, note);
}

export const renderSummary = (run: Run): string =>
  render(run, full, summaryLimit, "Shortened to fit into a step summary.");

/** @param room UTF-8 bytes for the whole text. */
function render(
  run: Run,
  writer: Writer,
  room: number,
  cutNote: string,
): string {
  const head = heading(run, writer);
  const foot = footer(run);
  const note = `_${cutNote}_\n\n`;
  const left = room - byteLength(head + note + foot);
  const { text, cut } = fitSections(sections(run, writer), left);
  return `${head}${text}${cut ? note : ""}${foot}`;
}

function heading(run: Run, { prose, longestFailure }: Writer): string {
  const { after, failure, maybeCorrupt, region, stack } = run;
  const words = `**${prose(verdict(run, longestFailure), 800)}**`;
  const lines = [
    `### AI gate ${code(stack, 100)}${region && ` in ${code(region, 30)}`}`,
    failure ? `> [!CAUTION]\n> ${words}` : words,
    after && isNew(run) && `New gate: ${wordGate(after)}.`,
    isUnknownBefore(run) &&
      "This version of the action cannot read the stored description of the gate, so changes for callers are unknown.",
    isUnfinished(run) &&
      "The run did not finish: changes for callers, routes and diagram show the intended gate. The list of resources at the end shows what was done.",
    maybeCorrupt &&
      prose(
        "The state of some resources is uncertain: run `refresh` before the next `up`.",
      ),
  ];
  return `${lines.filter(Boolean).join("\n\n")}\n\n`;
}

function sections(run: Run, writer: Writer): readonly Section[] {
  const { after, changes, command, failure, tokens, urls } = run;
  const url = command === "output" ? undefined : urls?.invokeUrl;
  const urlSection = {
    open: "",
    lines: url ? [`URL: ${code(url, 500)}`, ...dnsLines(urls)] : [],
  };
  const problems = (failure?.problems ?? []).map(
    ({ where, message }) =>
      `- ${writer.code(where, 100)}: ${writer.prose(message, 500)}`,
  );
  const wrong = [
    { open: "#### Problems\n", lines: problems },
    failedSection(run, writer),
    stoppedSection(run, writer),
    policySection(run, writer),
    warningSection(run, writer),
  ];
  if (command === "drift")
    return [
      urlSection,
      ...wrong,
      ...findingSections(run, writer),
      { open: "", lines: changes.length > 0 ? [prose(undoDrift)] : [] },
      changesSection(run, writer),
    ];
  const proof = proofSections(run.proof, writer);
  const counted = tokens && `${tokens.added} added, ${tokens.removed} removed`;
  return [
    ...wrong,
    urlSection,
    countsSection(run),
    {
      open: "",
      lines: counted ? [`Tokens in the gate's table: ${counted}.`] : [],
    },
    ...findingSections(run, writer),
    ...(run.proof?.failed ? proof : []),
    routesSection(run, writer),
    everyCallSection(run, writer),
    ...(run.proof?.failed ? [] : proof),
    {
      open: "#### Who reaches what\n\n```mermaid",
      lines: after ? [diagram(after)] : [],
      close: "```",
      whole: true,
    },
    changesSection(run, writer),
    ...(writer.withSnippets ? [snippetsSection(run)] : []),
  ];
}

/** The record is the user's to make. */
function dnsLines(urls: Run["urls"]): string[] {
  const { dns, name } = urls?.domain ?? {};
  if (dns === undefined || name === undefined) return [];
  const [domain, target, zone] = [name, dns.name, dns.zoneId].map((text) =>
    code(text, 300),
  );
  return [
    `\nDNS: ${domain} leads to the gate by a CNAME to ${target}, or in Route 53 by an alias with the hosted zone ${zone}`,
  ];
}

/** The state still describes the gate as it should be, so an `up` alone would find nothing to do. */
const undoDrift =
  "To undo the drift, run `refresh`, then `up`: `refresh` records the drift in the state, `up` reverts it.";

const stoppedSection = ({ check, command }: Run, writer: Writer): Section => ({
  open:
    command === "drift" ? "#### Drift detected\n" : "#### Stopped by fail-on\n",
  lines: (check?.stopped ?? []).map(
    (finding) =>
      `${findingLine(finding, writer)}; to accept it, add ${writer.code(allowLine(finding), 400)} to <code>allow</code>`,
  ),
});

const policySection = ({ violations = [] }: Run, writer: Writer): Section => ({
  open: "#### Policy packs\n",
  lines: violations.map(
    (violation) => `- ${writer.prose(capitalized(wordViolation(violation)))}`,
  ),
});

const warningSection = ({ warnings = [] }: Run, writer: Writer): Section => ({
  open: "#### Warnings\n",
  lines: warnings.map(
    (warning) => `- ${writer.prose(capitalized(warning), 800)}`,
  ),
});

function findingSections(run: Run, writer: Writer): readonly Section[] {
  const { check } = run;
  const stopped = new Set(check?.stopped.map(allowLine));
  const allowed = new Set(check?.allowed.map(allowLine));
  const left = listedFindings(run).filter(
    (finding) => !stopped.has(allowLine(finding)),
  );
  const lines = (security: boolean) =>
    left
      .filter((finding) => finding.security === security)
      .map((finding) => {
        const note = " (allowed by <code>allow</code>)";
        const isAllowed = allowed.has(allowLine(finding));
        return `${findingLine(finding, writer)}${isAllowed ? note : ""}`;
      });
  return [
    { open: "#### Security-relevant changes\n", lines: lines(true) },
    { open: "#### Other changes\n", lines: lines(false) },
    {
      open: "#### Unused lines of allow\n",
      lines: (check?.unused ?? []).map((words) => `- ${writer.prose(words)}`),
    },
  ];
}

const findingLine = ({ sentence }: Finding, { prose }: Writer): string =>
  `- ${prose(capitalized(sentence))}`;

const capitalized = (words: string): string =>
  words.slice(0, 1).toUpperCase() + words.slice(1);

function footer({ runUrl, sha, plan, previewed, command }: Run): string {
  const commit = sha?.match(/^[0-9a-f]{7,64}$/)?.[0];
  const parts = [
    link("run", runUrl),
    commit && `commit ${code(commit.slice(0, 7))}`,
    plan && `plan ${code(plan.slice(0, 12))}`,
    previewed ? `${command}, nothing was changed` : command,
  ];
  return `---\n${parts.filter(Boolean).join(" · ")}\n`;
}
