// The finish page: what still waits in this browser is sent before anything is handed in.
import { pause } from "./calls.js";
import { sendLeftovers } from "./leftovers.js";

const LONGEST_MS = 4_000;

const form = document.querySelector("form[data-finish]");
const interview = form.dataset.finish;
const line = document.getElementById("finish-notice");

let reading = false;
async function deliver() {
  const { saved, choose } = await sendLeftovers(interview, { fresh: true });
  for (const position of choose) {
    line.textContent = `Question ${position} has text in this browser and different text on the server: go back to it and choose.`;
  }
  return saved;
}

let ready = false;
form.addEventListener("submit", async (event) => {
  if (ready) return;
  event.preventDefault();
  if (reading) return;
  reading = true;
  line.textContent = "Sending what you have written…";
  // Whatever the network does, nobody is kept from finishing: what is left goes to the report page, and is kept.
  await Promise.race([deliver(), pause(LONGEST_MS)]);
  ready = true;
  form.submit();
});

// What has arrived now changes what the page says is open.
if ((await deliver()) && !reading) location.reload();
