import { route, tell } from "./summaries.ts";

const [proxy, all] = ["/a/{proxy+}", "/{all+}"].map((path) =>
  route(path, { target: `https://proxy.example.com${path}` }),
);
const removed = "route-removed /a/b: `GET /a/b` is removed";
const takenBy = (path: string) =>
  `; its calls now lead to \`https://proxy.example.com${path}\`, as \`${path}\` takes them`;
const first = route("/z");
const to = (path: string, more = {}) =>
  route(path, { target: `https://proxy.example.com${path}`, ...more });

describe("calls whose own route is gone", () => {
  tell(
    (
      [
        ["have no other", [], ""],
        ["are taken by what is above", [proxy!], takenBy("/a/{proxy+}")],
        [
          "by the most exact of several",
          [all!, proxy!],
          takenBy("/a/{proxy+}"),
        ],
        ["in whatever order", [proxy!, all!], takenBy("/a/{proxy+}")],
        [
          "by one segment rather than many",
          [all!, to("/{x}/{y}"), to("/{x}/b")],
          takenBy("/{x}/b"),
        ],
        ["by a parameter", [to("/a/{id}")], takenBy("/a/{id}")],
        ["not by another path", [to("/c/{proxy+}")], ""],
        ["not by a longer one", [to("/a/b/{proxy+}"), to("/a/b/{id}")], ""],
        ["not by a shorter one", [to("/{id}")], ""],
        ["not by another method", [to("/a/{id}", { methods: ["POST"] })], ""],
        [
          "so that a less exact one takes them",
          [to("/a/{id}", { methods: ["POST"] }), all!],
          takenBy("/{all+}"),
        ],
      ] as const
    ).map(([name, others, words]) => [
      name,
      { routes: [first, ...others, route("/a/b")] },
      { routes: [first, ...others] },
      [`${words === "" ? "" : "! "}${removed}${words}`],
    ]),
  );
  tell([
    [
      "of a greedy route: a single segment takes not all of them",
      { routes: [first, route("/a/{proxy+}")] },
      { routes: [first, to("/a/{id}")] },
      [
        "! route-added /a/{id}: `GET /a/{id}` is added and leads to `https://proxy.example.com/a/{id}`; no consumer may call it",
        "route-removed /a/{proxy+}: `GET /a/{proxy+}` is removed",
      ],
    ],
    [
      "of a greedy route: the one above does",
      { routes: [first, route("/a/{proxy+}"), all!] },
      { routes: [first, all!] },
      [
        `! route-removed /a/{proxy+}: \`GET /a/{proxy+}\` is removed${takenBy("/{all+}")}`,
      ],
    ],
    [
      "are told by method",
      {
        routes: [
          first,
          all!,
          to("/a/{id}", { methods: ["POST", "PUT"] }),
          route("/a/b", { methods: ["GET", "POST", "PUT", "HEAD"] }),
        ],
      },
      { routes: [first, all!, to("/a/{id}", { methods: ["POST", "PUT"] })] },
      [
        "! route-removed /a/b: `GET, POST, PUT, HEAD /a/b` is removed; its `GET` calls now lead to `https://proxy.example.com/{all+}`, as `/{all+}` takes them; its `POST` and `PUT` calls now lead to `https://proxy.example.com/a/{id}`, as `/a/{id}` takes them",
      ],
    ],
    [
      "also when the path has other methods left",
      {
        routes: [first, all!, route("/a/b", { methods: ["GET", "POST"] })],
      },
      { routes: [first, all!, route("/a/b", { methods: ["POST"] })] },
      [
        `! methods-removed /a/b: \`/a/b\` no longer answers \`GET\`${takenBy("/{all+}")}`,
      ],
    ],
  ]);
});
