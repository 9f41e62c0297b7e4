// What a person is told who may not see a study, is not known, or asks in vain.

import { logIn } from "./api.js";
import { make } from "./elements.js";

/** Return what is to be said about a problem; `again` asks once more. */
export function explained(problem, again) {
  const [title, ...rest] = wordsOf(problem, again);
  return make("div", { class: "problem" }, make("h2", {}, title), make("p", {}, problem.message), ...rest);
}

/** Whether it may be over by itself in a while. */
export function isPassing(problem) {
  return problem.status === 0 || problem.status === 429 || problem.status >= 502;
}

function wordsOf(problem, again) {
  if (problem.status === 401) return ["You are not logged in", loginHelp(), loginForm(again)];
  if (problem.status === 403) {
    return ["You may not see this", make("p", {}, "It is the right to get studies.espalier.dev that counts, as for kubectl get study. Whether there is such a study is not told either."), loginForm(again, "Use another token")];
  }
  if (problem.status === 404) return ["There is nothing here", make("p", {}, "A study is stored from when its first trial is made until its retention time is over. Look at its name and namespace.")];
  if (isPassing(problem)) {
    return ["The reader is away", make("p", {}, "It is asked again by itself. Trials go on and are judged without it."), button(again)];
  }
  return ["That did not work", button(again)];
}

function button(again) {
  return make("button", { type: "button", onclick: again }, "Ask again");
}

function loginHelp() {
  return make("div", {},
    make("p", {}, "The easiest way in needs no token here: ", make("code", {}, "kubectl espalier ui"), " opens this page with the rights of your kubeconfig."),
    make("p", {}, "Or paste a token of this cluster's, such as one of ", make("code", {}, "kubectl create token"), ". It stays in the memory of this page alone, is sent to this server only, and is gone when you reload: nothing that reads the browser's storage finds it."));
}

function loginForm(again, title = "Use a token") {
  const field = make("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false", required: true });
  const submit = (event) => {
    event.preventDefault();
    logIn(field.value);
    field.value = "";
    again();
  };
  return make("form", { onsubmit: submit }, make("label", { for: "token" }, "Token"), field, make("button", {}, title));
}
