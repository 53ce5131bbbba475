// The page: who I am, where I look, what I say. The server tells what changed; this asks for the new state.
import { get, listen, post } from "./api.js";
import { blocks } from "./blocks.js";
import { Modal } from "./dialogs.js";
import { h } from "./dom.js";
import { showNewest, showMessages } from "./messages.js";
import { World } from "./world.js";

const HOME = "home";
const at = (id) => document.getElementById(id);
const state = { people: [], groups: [], channels: [], bot: "", me: "", place: "", history: [], back: 0, drawn: 0 };

const names = {
  user: (id) => state.people.find((one) => one.id === id)?.name || (id === "USLACKBOT" ? "Slackbot" : id),
  channel: (id) => state.channels.find((one) => one.id === id)?.name || id,
  group: (id) => state.groups.find((one) => one.id === id)?.handle || id,
  isBot: (id) => id === "USLACKBOT" || Boolean(state.people.find((one) => one.id === id)?.is_bot),
  people: () => state.people.filter((one) => !one.is_bot && !one.deleted),
  channels: () => state.channels.filter((one) => !one.is_im),
};

function fail(text) {
  at("notice").textContent = text;
}

async function attempt(work) {
  try {
    const done = await work();
    fail("");
    return done;
  } catch (error) {
    fail(error.message);
    return undefined;
  }
}

const modal = new Modal({
  draw: (list, view) => blocks(list, inView(view)),
  submit: (view, values) => post("/api/views", { user: state.me, view_id: view.id, values }),
  close: (view) => attempt(() => post(`/api/views/${view.id}/close`, { user: state.me })),
});
const world = new World(at("world"), fail);

const inMessage = (message) => ({
  names,
  act: (block, element, value) => attempt(() => post("/api/actions", {
    user: state.me, channel: state.place, ts: message.ts, action_id: element.action_id, value,
  })),
});

const inView = (view) => ({
  names,
  act: (block, element, value) => attempt(() => post("/api/actions", {
    user: state.me, view_id: view.id, action_id: element.action_id, value, values: modal.values(),
  })),
});

// -- who and where ----------------------------------------------------------------------------------------------------

async function loadPeople() {
  Object.assign(state, await get("/api/people"));
  const persons = names.people();
  const remembered = new URLSearchParams(location.search).get("user") || sessionStorage.getItem("me");
  if (!persons.some((one) => one.id === state.me)) state.me = (persons.find((one) => one.id === remembered) || persons[0]).id;
  at("whoami").replaceChildren(...persons.map((one) => h("option", { value: one.id, selected: one.id === state.me }, label(one))));
  if (!state.place) state.place = placeOfAddress() || names.channels()[0].id;
  drawPlaces();
}

const groupNames = (person) => person.groups.map((id) => state.groups.find((one) => one.id === id)?.name).filter(Boolean);

function label(person) {
  const also = groupNames(person);
  return also.length ? `${person.name} (${also.join(", ")})` : person.name;
}

function placeOfAddress() {
  const id = location.hash.slice(1).split("/")[0];
  return id === HOME || state.channels.some((one) => one.id === id) ? id : "";
}

function drawPlaces() {
  const me = state.people.find((one) => one.id === state.me);
  at("groups").textContent = groupNames(me).length ? `Member of ${groupNames(me).join(", ")}` : "In no user group";
  const mine = state.channels.filter((one) => !one.is_im || one.user === state.me);
  const places = [...mine.map((one) => [one.id, one.is_im ? "DR bot, direct" : `# ${one.name}`]), [HOME, "Home of DR bot"]];
  at("places").replaceChildren(...places.map(([id, name]) => h("li", {},
    h("a", { href: `#${id}`, "aria-current": id === state.place ? "page" : undefined }, name))));
  drawHeader();
}

function drawHeader() {
  const channel = state.channels.find((one) => one.id === state.place);
  const name = channel ? (channel.is_im ? "DR bot" : `# ${channel.name}`) : "Home of DR bot";
  at("channel-name").textContent = name;
  at("channel-topic").textContent = channel?.topic?.value || (channel ? "" : "What the bot shows you, and only you");
  at("bookmarks").hidden = !channel?.bookmarks?.length;
  at("bookmarks").replaceChildren(...(channel?.bookmarks || []).map((one) => h("li", {}, h("a", { href: one.link, target: "_blank", rel: "noopener noreferrer" }, one.title))));
  at("messages").setAttribute("aria-label", channel ? `Messages in ${name}` : name);
  at("messages").setAttribute("role", channel ? "log" : "region");
  at("composer").hidden = !channel;
  at("composer-text").setAttribute("aria-label", `Message ${name}`);
  at("composer-text").placeholder = `Message ${name}, or a command such as /dr status`;
}

// -- what is shown ----------------------------------------------------------------------------------------------------

async function draw() {
  const [place, me, turn] = [state.place, state.me, ++state.drawn];
  if (place === HOME) return drawHome(await get(`/api/home/${me}?open=no`), turn);
  const { messages } = await get(`/api/channels/${place}/messages?user=${me}`);
  if (turn === state.drawn) showMessages(at("messages"), messages, inMessage, names);
  return undefined;
}

function drawHome({ view }, turn) {
  if (turn !== state.drawn) return;
  const shown = view ? blocks(view.blocks, inView(view)) : h("p", { class: "empty quiet" }, "The bot has published nothing here yet.");
  at("messages").replaceChildren(h("div", { class: "home" }, shown));
}

async function go(place) {
  state.place = place;
  drawPlaces();
  at("messages").replaceChildren();
  await attempt(draw);
  if (place !== HOME) showNewest(at("messages"));
  const message = location.hash.split("/p")[1];
  if (message) at("messages").querySelector(`[data-key="${CSS.escape(`${message.slice(0, -6)}.${message.slice(-6)}`)}"]`)?.scrollIntoView();
  if (place === HOME) await attempt(async () => drawHome(await get(`/api/home/${state.me}`), state.drawn));
}

async function showTopView() {
  const { views } = await get(`/api/views/${state.me}`);
  modal.show(views.at(-1));
}

function changed(event) {
  if (event.type === "world") world.show(event);
  else if (event.type === "people") attempt(loadPeople);
  else if (event.type === "channel" && event.channel === state.place) attempt(draw);
  else if (event.type === "home" && state.place === HOME && event.user === state.me) attempt(draw);
  else if (event.type === "views" && event.user === state.me) attempt(showTopView);
}

function connection(up) {
  at("link-state").textContent = up ? "" : "Connection lost; trying again";
  if (up && state.place) attempt(draw);
}

// -- what I do --------------------------------------------------------------------------------------------------------

at("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = at("composer-text");
  const text = box.value.trim();
  if (!text) return;
  state.history.push(text);
  state.back = 0;
  box.value = "";
  const sent = await attempt(async () => { await post("/api/commands", { user: state.me, channel: state.place, text }); return true; });
  if (!sent && !box.value) box.value = text;
});

at("composer-text").addEventListener("keydown", (event) => {
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!step || !state.history.length) return;
  event.preventDefault();
  state.back = Math.min(Math.max(state.back + step, 0), state.history.length);
  at("composer-text").value = state.back ? state.history.at(-state.back) : "";
});

at("whoami").addEventListener("change", async (event) => {
  state.me = event.target.value;
  sessionStorage.setItem("me", state.me);
  modal.hide();
  if (state.channels.some((one) => one.id === state.place && one.is_im)) state.place = names.channels()[0].id;
  await go(state.place);
});

window.addEventListener("hashchange", () => go(placeOfAddress() || names.channels()[0].id));

await attempt(loadPeople);
listen(changed, connection);
await go(state.place);
at("composer-text").focus();
