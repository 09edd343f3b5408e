import { toTerminal } from "../../../local/demo/terminal-markdown.ts";

test("the comment's Markdown and HTML become lines of text", () => {
  const comment = `<!-- marker -->
### AI gate <code>prod</code>

| | Route | Who may call |
|---|---|---|
| new | GET <code>/a/&#123;proxy&#43;&#125;</code> | <code>team-a</code> |

\`\`\`mermaid
flowchart LR
\`\`\`

<details><summary>1 resource change</summary>

- create **gate** [run](<https://example.com>)

</details>
`;
  expect(toTerminal(comment)).toBe(`AI gate prod

       Route            Who may call
  new  GET /a/{proxy+}  team-a

    (a diagram on GitHub)
    flowchart LR

▸ 1 resource change

  • create gate run`);
});
