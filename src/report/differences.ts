// What changes for callers, in words, with what a reviewer of access must see apart and first. Pure.
import { diffSummaries } from "../gate/difference/differences.ts";
import type { Run } from "./run.ts";
import type { Section } from "./sections.ts";
import { prose } from "./text.ts";

/** Two lists of sentences: who can call what, with which credential, where to; and the rest. */
export function differenceSections(run: Run): readonly Section[] {
  const { before, after } = run;
  // Of a new gate everything is new: the routes table says it better than a list.
  const found = before && after ? diffSummaries(before, after) : [];
  const sentences = (security: boolean) =>
    found.filter((one) => one.security === security).map((one) => one.sentence);
  return [
    list("#### Look at this first", [...urlSentences(run), ...sentences(true)]),
    list("#### Also different", sentences(false)),
  ];
}

const list = (open: string, sentences: readonly string[]): Section => ({
  open: `${open}\n`,
  lines: sentences.map((sentence) => `- ${prose(capital(sentence))}`),
});

const capital = (text: string) =>
  text.slice(0, 1).toUpperCase() + text.slice(1);

/** The RestApi's id is in the gate's URL, so the URL lives as long as the RestApi. */
function urlSentences({ changes, previewed, before, after }: Run): string[] {
  const api = changes.find(
    ({ type, failed }) => type === "aws:apigateway/restApi:RestApi" && !failed,
  );
  const verb = previewed ? "will change" : "has changed";
  if (api?.op === "replace") {
    return [
      `the gate's URL ${verb}, because the RestApi is replaced; callers need the new one`,
    ];
  }
  if (api?.op === "delete") {
    return [
      `the gate's URL ${previewed ? "will stop answering" : "answers no more"}`,
    ];
  }
  return before && after && before.stageName !== after.stageName
    ? [
        `the gate's URL ${verb}: it ends in ${after.stageName} instead of ${before.stageName}`,
      ]
    : [];
}
