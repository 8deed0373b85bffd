// Two small ends of what happens with a course platform: a choice is sent, a registration is closed.

document.querySelector("[data-send-now]")?.requestSubmit();

const done = document.querySelector("[data-registration-done]");
if (done) {
  done.hidden = false;
  done.addEventListener("click", () => {
    // The message holds nothing: any page may know that its frame can be closed.
    (window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  });
}
