// Texts of an interview that still wait in this browser although their question is not open: sent again from any page
// of the interview, so that a lost connection at the wrong moment costs nothing.
import { send } from "./calls.js";
import { forgetSent, keptOf } from "./drafts_kept.js";

// A text this fresh may belong to a tab that is about to save it.
const SETTLED_MS = 15_000;

/**
 * Send what waits, except for one question (it looks after itself); `fresh` takes also what was typed just now. Resolves with how many the server took as drafts,
 * how many it kept aside, and the positions of questions where somebody has to choose.
 */
export async function sendLeftovers(interview, { except = null, fresh = false } = {}) {
  const done = { saved: 0, aside: 0, choose: [] };
  for (const found of keptOf(interview)) {
    if (found.item === except && !found.aside) continue;
    const { text, base_revision: base, changed_at: changedAt } = found.entry;
    if (!fresh && Date.now() - Date.parse(changedAt) < SETTLED_MS) continue;
    // What another tab wrote besides must not become the draft unseen: revision 0 makes the server keep it aside.
    const url = `/interviews/${interview}/items/${found.item}/draft`;
    const result = await send("PUT", url, { text, base_revision: found.aside ? 0 : base });
    if (result.ok) {
      done.saved += 1;
      forgetSent(found);
    } else if (result.status === 409 && result.kind === "draft-conflict" && !found.aside) {
      done.choose.push(found.entry.position);
    } else if (result.kind === "interview-paused") {
      // It waits here, and is sent when the interview goes on.
    } else if (result.status === 409 && result.body.kept !== false) {
      done.aside += 1;
      forgetSent(found);
    }
  }
  return done;
}
