import {
  reviewStart,
  shownText,
  withFailure,
  withReview,
} from "../../src/report/review-comment.ts";
import { GateFailure } from "../../src/gate/failure.ts";
import { run } from "./runs.ts";

const line = `${reviewStart}x -->`;
const since = "<!-- ai-gate-since -->";
const comment = "<!-- marker -->\n# head\n\ntext\n";

test.each([
  [
    "the second line",
    comment,
    line,
    `<!-- marker -->\n${line}\n# head\n\ntext\n`,
  ],
  ["nowhere when there is none", comment, undefined, comment],
  ["below a comment of one line", "one", line, `one\n${line}`],
])("a review's line stands in %s", (_, text, given, expected) => {
  expect(withReview(text, given)).toBe(expected);
});

test.each([
  ["the review's line", withReview(comment, line)],
  ["other line ends", withReview(comment, line).replaceAll("\n", "\r\n")],
  ["blanks at the ends of lines", "<!-- marker -->  \n# head \n\ntext\n\n"],
  ["what failed since", `${comment}\n${since}\nanything\n${since}\nmore`],
])("%s is not what a reader saw", (_, text) => {
  expect(shownText(text)).toBe("<!-- marker --> # head text");
});

test.each([
  ["more behind the marker", comment.replace("-->", "--><details>")],
  ["another word", comment.replace("text", "texts")],
  ["a word less", comment.replace("text", "")],
  ["joined words", comment.replace("# head", "#head")],
  ["a review's line further below", comment.replace("\n\n", `\n${line}\n`)],
  ["a second line that is no review", comment.replace("# head", "<!-- x -->")],
  ["a separator above the text", comment.replace("text", `${since}\ntext`)],
])("%s is seen", (_, text) => {
  expect(shownText(text)).not.toBe(shownText(comment));
});

test("of nothing nothing is seen", () => {
  expect(shownText("")).toBe("");
});

describe("a failure since the preview", () => {
  const failed = (message: string, runUrl?: string) =>
    run({
      failure: new GateFailure("no-credentials", message),
      ...(runUrl !== undefined && { runUrl }),
    });

  test("stands below the comment, which stays", () => {
    const all = withFailure(
      comment,
      failed("no <role>", "https://github.com/o/r/actions/runs/1"),
    );
    expect(all).toBe(
      `${comment}\n${since}\n> [!CAUTION]\n> **Failed&#58; no &#60;role&#62;**\n\nsince the preview above · [run](<https://github.com/o/r/actions/runs/1>)\n`,
    );
    expect(shownText(all)).toBe(shownText(comment));
  });

  test("takes the place of an earlier one", () => {
    const [once, twice] = [failed("one"), failed("two")];
    expect(withFailure(withFailure(comment, once), twice)).toBe(
      withFailure(comment, twice),
    );
  });

  test.each([
    ["plain words are told long", "word ".repeat(400), 500, 1000],
    ["what must be escaped is told shorter", "<@".repeat(400), 200, 2000],
  ])("%s", (_, message, least, most) => {
    const added =
      withFailure(comment, failed(message)).length -
      comment.length -
      since.length;
    expect(added).toBeGreaterThan(least);
    expect(added).toBeLessThan(most);
  });
});
