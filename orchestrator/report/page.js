"use strict";
// One clock for two players, and curves that follow it.
const live = JSON.parse(document.getElementById("live").textContent);
const byId = (id) => document.getElementById(id);
const source = byId("source");
const result = byId("result");
const players = [source, result];
const scrubber = byId("scrubber");
const stage = byId("stage");
const plots = [...document.querySelectorAll("[data-seeks]")];
const stills = [...document.querySelectorAll("[data-frame]")];
const frameLength = 1 / live.fps;
const last = live.frames - 1;
let playing = false;
let turn = 0; // counts starts and stops, so that an earlier start cannot meddle with a later one
let shown = -1;

const within = (value, low, high) => Math.min(Math.max(value, low), high);
const startOf = (frame) => live.times?.[frame] ?? frame * frameLength;
// The middle of a frame: rounding of timestamps can then not show its neighbour.
const timeOf = (frame) => (startOf(frame) + startOf(frame + 1)) / 2;
const clock = (time) => `${Math.floor(time / 60)}:${(time % 60).toFixed(2).padStart(5, "0")}`;

const figureAt = (metric, frame) => live.values[metric][frame] ?? "–";

function frameAt(time) {
  if (!live.times) return within(Math.floor(time * live.fps + 1e-3), 0, last);
  const next = live.times.findIndex((start) => start > time + 1e-3 * frameLength);
  return next < 0 ? last : within(next - 1, 0, last);
}

function show(frame) {
  if (frame === shown) return;
  shown = frame;
  scrubber.value = frame;
  const time = startOf(frame);
  scrubber.setAttribute("aria-valuetext", `frame ${frame} of ${last}, ${clock(time)}`);
  byId("clock").textContent = `${clock(time)}  frame ${frame}`;
  byId("timeline").style.setProperty("--at", `${(100 * frame) / Math.max(last, 1)}%`);
  for (const output of document.querySelectorAll("[data-now]")) {
    output.textContent = figureAt(output.dataset.now, frame);
  }
  for (const plot of plots) {
    plot.setAttribute("aria-valuenow", frame);
    plot.setAttribute("aria-valuetext", `frame ${frame}: ${figureAt(plot.dataset.seeks, frame)}`);
  }
  for (const still of stills) still.toggleAttribute("data-shown", Number(still.dataset.frame) === frame);
}

function seek(frame) {
  const target = within(frame, 0, last);
  for (const player of players) player.currentTime = timeOf(target);
  show(target);
}

function setPlaying(wanted) {
  playing = wanted;
  turn += 1;
  byId("play").setAttribute("aria-label", wanted ? "Pause" : "Play");
  document.body.classList.toggle("playing", wanted);
}

async function play() {
  if (shown >= last) seek(0);
  source.currentTime = result.currentTime;
  setPlaying(true);
  const mine = turn;
  try {
    await Promise.all(players.map((player) => player.play()));
    requestAnimationFrame(() => follow(mine));
  } catch {
    if (mine === turn) pause(); // the browser refused
  }
}

function pause() {
  setPlaying(false);
  for (const player of players) player.pause();
  seek(frameAt(result.currentTime));
}

// The source follows the result: a quarter of a frame apart it slows or hurries, so that they never
// come a whole frame apart; a seek would stutter.
function keepTogether() {
  const ahead = (source.currentTime - result.currentTime) / frameLength;
  const speed = Number(byId("speed").value);
  const rate = Math.abs(ahead) < 0.25 ? speed : within(speed * (1 - ahead), 0.1, 4);
  if (result.playbackRate !== speed) result.playbackRate = speed;
  if (source.playbackRate !== rate) source.playbackRate = rate;
  if (Math.abs(ahead) > live.fps) source.currentTime = result.currentTime;
}

function follow(mine) {
  if (mine !== turn) return;
  if (result.ended) {
    if (!byId("loop").checked) return pause();
    seek(0);
    return void play();
  }
  keepTogether();
  show(frameAt(result.currentTime));
  requestAnimationFrame(() => follow(mine));
}

function frameUnder(event, plot) {
  const box = plot.getBoundingClientRect();
  return Math.round(within((event.clientX - box.left) / box.width, 0, 1) * last);
}

function point(event, plot) {
  const frame = frameUnder(event, plot);
  const words = plot.querySelector(".pointed");
  words.textContent = `frame ${frame}: ${figureAt(plot.dataset.seeks, frame)}`;
  words.style.setProperty("--share", frame / Math.max(last, 1));
  words.hidden = false;
}

// A curve is a slider over the frames; without this script it is a picture.
function makeSlider(plot) {
  plot.tabIndex = 0;
  plot.setAttribute("role", "slider");
  plot.setAttribute("aria-label", plot.querySelector("svg").getAttribute("aria-label"));
  plot.setAttribute("aria-valuemin", 0);
  plot.setAttribute("aria-valuemax", last);
  plot.addEventListener("pointerdown", (event) => {
    plot.setPointerCapture(event.pointerId);
    seek(frameUnder(event, plot));
  });
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") point(event, plot);
    if (event.buttons & 1) seek(frameUnder(event, plot));
  });
  plot.addEventListener("pointerleave", () => (plot.querySelector(".pointed").hidden = true));
}

function wipe(share) {
  stage.style.setProperty("--wipe", `${share}%`);
  byId("wipe").setAttribute("aria-valuetext", `${share} percent of the width show the source`);
}

function setWiping(wanted) {
  byId("wiping").checked = wanted;
  stage.dataset.view = wanted ? "wipe" : "beside";
}

const keys = {
  " ": () => (playing ? pause() : play()),
  k: () => (playing ? pause() : play()),
  ArrowLeft: (event) => seek(shown - (event.shiftKey ? 10 : 1)),
  ArrowRight: (event) => seek(shown + (event.shiftKey ? 10 : 1)),
  Home: () => seek(0),
  End: () => seek(last),
  w: () => setWiping(stage.dataset.view !== "wipe"),
};

function listen() {
  byId("play").addEventListener("click", () => (playing ? pause() : play()));
  byId("back").addEventListener("click", () => seek(shown - 1));
  byId("forward").addEventListener("click", () => seek(shown + 1));
  scrubber.addEventListener("input", () => seek(scrubber.valueAsNumber));
  byId("sound").addEventListener("change", (event) => (result.muted = !event.target.checked));
  byId("wiping").addEventListener("change", (event) => setWiping(event.target.checked));
  byId("wipe").addEventListener("input", (event) => wipe(event.target.value));
  plots.forEach(makeSlider);
  for (const still of stills) {
    still.addEventListener("click", () => {
      seek(Number(still.dataset.frame));
      stage.scrollIntoView({ block: "nearest" });
    });
  }
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copy(button));
  }
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("button, input, select, summary, pre, .scroll")) return;
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
  for (const player of players) player.addEventListener("error", () => complain(player));
}

async function copy(button) {
  const text = byId(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text); // no clipboard here: leave it selected for the user's own keys
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

function complain(player) {
  byId("trouble").hidden = false;
  byId("trouble").textContent = `The ${player.id} cannot be played here. Is its file still where it was when this page was made?`;
}

for (const player of players) player.controls = false;
byId("timeline").hidden = false;
listen();
for (const player of players) if (player.error) complain(player);
seek(0);
