/* The web chat: asks POST /v1/chat and lays answers out. Who asks is in the cookie that came with the page.

   What people type and what the catalogue holds only ever becomes text, never markup. */

const ko = navigator.language.toLowerCase().startsWith("ko");
const WORDS = {
  title: ko ? "비슷한 음악 찾기" : "Sounds alike",
  label: ko ? "가수, 노래 또는 질문" : "An artist, a song, or a question",
  placeholder: ko ? "가수나 노래 이름" : "An artist or a song",
  send: ko ? "보내기" : "Send",
  offline: ko ? "연결이 되지 않아요. 인터넷을 확인하고 다시 물어봐 주세요." : "I can't be reached. Check your connection and ask again.",
  retry: ko ? "다시 물어보기" : "Ask again",
  said: ko ? "답" : "Answer",
};
/* On an answer, in the language of that answer. */
const LABELS = {
  ko: { listen: "Spotify에서 듣기", songs: "대표곡", checking: "답이 준비되면 바로 보여 드릴게요", stopped: "아직 찾는 중이에요. 나중에 다시 물어봐 주세요.", thinking: "찾는 중" },
  en: { listen: "Listen on Spotify", songs: "Best-known songs", checking: "I'll show the answer as soon as it is here", stopped: "Still looking. Please ask again later.", thinking: "Looking" },
};
const HANGUL = /[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]/;
const FIRST_CHECKS = { count: 20, seconds: 3 };
const LATER_CHECKS = { count: 15, seconds: 8 };

const log = document.getElementById("log");
const form = document.getElementById("composer");
const input = document.getElementById("text");

/* ---- asking ---- */

/* Returns the Answer; throws an Error whose message can be shown. */
async function fetchAnswer(text, language, { cursor, again } = {}) {
  let response;
  try {
    response = await fetch("/v1/chat", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text, language, cursor, again }),
    });
  } catch {
    throw new Error(WORDS.offline);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error?.message ?? WORDS.offline);
  return body;
}

/* `shown` is what the person sees as their question; `text` what is sent. */
async function ask({ text, shown = text, language, cursor, typed = false }) {
  const said = language ?? (HANGUL.test(text) ? "ko" : /\p{L}/u.test(text) ? "en" : ko ? "ko" : "en");
  const asked = el("div", { class: "asked", lang: said }, el("p", {}, shown));
  log.append(asked);
  const waiting = status(LABELS[said].thinking, true);
  log.append(waiting);
  waiting.scrollIntoView({ block: "end" });
  let message;
  try {
    const answer = await fetchAnswer(text, said, { cursor });
    message = render(answer, said, Boolean(cursor));
    if (answer.kind === "pending") checkAgain(message, answer.quick_replies[0]?.text ?? text, said);
  } catch (error) {
    message = said_(["trouble"], said, words(error.message, false), chips([{ label: WORDS.retry, text }], said, cursor));
  }
  waiting.replaceWith(message);
  asked.scrollIntoView({ block: "start" });
  if (!typed) message.focus({ preventScroll: true });
}

/* Asks again every few seconds, for some minutes, until the answer is there. */
async function checkAgain(message, text, language) {
  const note = status(LABELS[language].checking, true);
  message.append(note);
  for (const { count, seconds } of [FIRST_CHECKS, LATER_CHECKS]) {
    for (let check = 0; check < count; check++) {
      await new Promise((done) => setTimeout(done, seconds * 1000));
      if (document.hidden) { check--; continue; }
      const answer = await fetchAnswer(text, language, { again: true }).catch(() => null); // the next check may get through
      if (!answer || answer.kind === "pending") continue;
      note.remove();
      const settled = render(answer, language);
      log.append(settled);
      settled.scrollIntoView({ block: "start" });
      return;
    }
  }
  note.replaceChildren(LABELS[language].stopped);
}

/* ---- showing ---- */

function render(answer, language, goesOn = false) {
  const trouble = ["not_found", "error"].includes(answer.kind) ? ["trouble"] : [];
  const sourced = answer.kind === "artist" || answer.kind === "track";
  return said_(
    trouble, language,
    goesOn ? null : hero(answer, language),
    words(answer.text, sourced),
    alike(answer, language),
    choices(answer.choices, language),
    chips(answer.quick_replies, language, answer.cursor),
  );
}

function said_(classes, language, ...parts) {
  return el("section", { class: ["said", ...classes].join(" "), lang: language, tabindex: "-1", "aria-label": WORDS.said }, ...parts);
}

function words(text, sourced) {
  const lines = text.split("\n");
  return el("div", { class: "words" }, ...lines.map((line, place) =>
    el("p", { class: sourced && place > 0 && place === lines.length - 1 ? "source" : null }, line)));
}

function hero({ kind, artist, track, top_tracks: best }, language) {
  if (kind !== "artist" && kind !== "track") return null;
  const shown = track ?? artist;
  const details = track
    ? el("p", { class: "by" }, track.artists.join(", "))
    : artist.genres.length ? el("ul", { class: "tags" }, ...artist.genres.slice(0, 4).map((genre) => el("li", {}, genre))) : null;
  return el("article", { class: "hero" },
    art(artist?.name ?? shown.name, artist?.image_url),
    el("div", { class: "grow" }, el("h2", {}, shown.name), details, link(shown.url, LABELS[language].listen, "listen")),
    best.length ? songs(best, language) : null);
}

function songs(list, language) {
  return el("section", { class: "best" }, el("h3", {}, LABELS[language].songs), songList(list));
}

function songList(list) {
  return el("ul", { class: "plays" }, ...list.map((song) => el("li", {}, link(song.url, song.name))));
}

function alike({ kind, similar }, language) {
  if (!similar.length) return null;
  return el("ul", { class: "alike" }, ...similar.map(({ artist, why, tracks }) => {
    const [song] = tracks;
    const isSong = kind === "track" && song;
    const title = isSong
      ? asking(song.name, `track:${song.track_id}`, language)
      : asking(artist.name, `artist:${artist.artist_id}`, language);
    return el("li", {}, art(artist.name, isSong ? song.image_url : artist.image_url),
      el("div", { class: "grow" }, title,
        isSong ? el("p", { class: "by" }, artist.name) : null,
        // A line never begins with the dot between two reasons.
        el("p", { class: "why" }, unbroken(why.replaceAll(" · ", "\u00a0· "))),
        !isSong && tracks.length ? songList(tracks) : null,
        isSong ? link(song.url, LABELS[language].listen, "listen") : null));
  }));
}

// "k-pop" stays on one line.
function unbroken(text) {
  return text.replace(/(?<=\p{L})-(?=\p{L})/gu, "\u2060-\u2060");
}

function asking(name, text, language) {
  const button = el("button", { class: "name", type: "button" }, name);
  button.addEventListener("click", () => ask({ text, shown: name, language }));
  return button;
}

function choices(list, language) {
  return replies("choices", list, language);
}

function chips(list, language, cursor) {
  return replies("chips", list, language, cursor);
}

/* The reply whose label and text are the same words as "more" goes on from the cursor. */
function replies(kind, list, language, cursor) {
  if (!list.length) return null;
  return el("ul", { class: kind }, ...list.map(({ label, text }) => {
    const more = cursor && (text === "더 보기" || text === "More");
    const button = el("button", { type: "button", class: more ? "more" : null }, label);
    button.addEventListener("click", () => ask({ text, shown: label, language, cursor: more ? cursor : undefined }));
    return el("li", {}, button);
  }));
}

function art(name, url) {
  const letters = () => el("span", { class: `art disc hue-${hue(name)}`, "aria-hidden": "true" }, initials(name));
  if (!url?.startsWith("https://")) return letters();
  const image = el("img", { class: "art", src: url, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => image.replaceWith(letters()));
  return image;
}

function initials(name) {
  const parts = name.match(/[\p{L}\p{N}]+/gu) ?? ["♪"];
  const both = parts.length > 1 ? [parts[0], parts[1]].map((part) => [...part][0]) : [...parts[0]].slice(0, HANGUL.test(parts[0]) ? 2 : 1);
  return both.join("").toUpperCase();
}

function hue(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 8;
}

function status(text, busy) {
  const dots = busy ? el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")) : null;
  return el("p", { class: "status" }, dots, text);
}

function link(url, text, style) {
  if (!url?.startsWith("https://")) return el("span", { class: style }, text);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: style }, text);
}

/* Makes an element; strings become text nodes, null is left out. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children.filter((child) => child != null));
  return node;
}

/* ---- start ---- */

document.documentElement.lang = ko ? "ko" : "en";
document.title = WORDS.title;
for (const node of document.querySelectorAll("[data-say]")) node.textContent = WORDS[node.dataset.say];
input.placeholder = WORDS.placeholder;

/* While a Korean syllable is being composed, Enter ends the syllable, not the question. */
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.isComposing) event.preventDefault();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return input.focus();
  input.value = "";
  history.replaceState(null, "", `/?q=${encodeURIComponent(text)}`);
  ask({ text, typed: true });
});

const shared = new URLSearchParams(location.search).get("q")?.trim();
if (shared) {
  ask({ text: shared, typed: true });
} else {
  fetchAnswer("", ko ? "ko" : "en").then(
    (answer) => log.append(render(answer, ko ? "ko" : "en")),
    (error) => log.append(said_(["trouble"], ko ? "ko" : "en", words(error.message, false))),
  );
  if (matchMedia("(hover: hover)").matches) input.focus();
}
