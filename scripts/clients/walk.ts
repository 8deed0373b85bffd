// An interview from its making to its report, by a client that openapi-typescript and openapi-fetch make.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const viva = createClient<paths>({
  baseUrl: process.env.VIVA_URL,
  headers: { Authorization: `Bearer ${process.env.VIVA_KEY}` },
});

function whole<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

function check(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(words);
}

const templates = whole(await viva.GET("/api/v1/templates"));
const template = templates.items[0];
check(template !== undefined, "there is no template");
const made = whole(
  await viva.POST("/api/v1/interviews", {
    body: { template: template.slug, candidate: { external_id: "ts-1", name: "Grace" } },
  }),
);
check(made.status === "running", made.status);
for (const item of made.items) {
  const at = { interview_id: made.id, item_id: item.id };
  const saved = whole(
    await viva.PUT("/api/v1/interviews/{interview_id}/items/{item_id}/draft", {
      params: { path: at },
      body: { text: "Learning", base_revision: 0 },
    }),
  );
  check(saved.revision === 1, "the draft was not saved");
  whole(
    await viva.POST("/api/v1/interviews/{interview_id}/items/{item_id}/answer", {
      params: { path: at },
      body: { text: "Learning means that the weights change so that the loss shrinks." },
    }),
  );
}
whole(await viva.POST("/api/v1/interviews/{interview_id}/finish", { params: { path: { interview_id: made.id } } }));

let report: components["schemas"]["ReportOut"] | undefined;
for (let tried = 0; tried < 60 && report?.status !== "complete"; tried += 1) {
  report = whole(
    await viva.GET("/api/v1/interviews/{interview_id}/report", {
      params: { path: { interview_id: made.id } },
      headers: { Prefer: "wait=5" },
    }),
  );
}
check(report?.status === "complete", "there was no report in time");
check(report.score !== null && report.items.length === made.items.length, "the report is not whole");

const listed = whole(await viva.GET("/api/v1/interviews", { params: { query: { external_id: "ts-1" } } }));
check(listed.items.length === 1, "the list does not know the interview");
const graded = whole(
  await viva.POST("/api/v1/gradings", { body: { answer: "It learns.", references: ["It learns from data."] } }),
);
check("id" in graded, "the grading was not taken");
const missing = await viva.GET("/api/v1/templates/{slug}", { params: { path: { slug: "no-such-template" } } });
check(missing.error?.type === "/docs/problems/not-found", "a problem is no problem");
console.log(`An interview of ${made.items.length} questions was held: ${report.score}.`);
