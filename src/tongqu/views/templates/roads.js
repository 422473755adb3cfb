(function () {
  "use strict";
  var net = document.getElementById("net"), box = document.getElementById("mapbox");
  var whole = net.viewBox.baseVal, full = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  var now = { x: full.x, y: full.y, w: full.w, h: full.h };
  var DEEPEST = 400, STEP = 1.6, CLOSE = 8;

  function unit() {
    var size = net.getBoundingClientRect();
    return size.width && size.height ? Math.max(now.w / size.width, now.h / size.height) : 20;
  }
  function measure() {
    var bar = net.querySelector(".bar"), perMetre = Number(bar.dataset.scale), u = unit();
    var most = Math.min(now.w / 4, 220 * u) / perMetre, power = Math.pow(10, Math.floor(Math.log10(most)));
    var metres = [5, 2, 1].map(function (n) { return n * power; }).filter(function (n) { return n <= most; })[0] || power;
    var long = metres * perMetre, x = now.x + 14 * u, y = now.y + now.h - 12 * u;
    bar.querySelector("path").setAttribute("d", "M" + x + " " + (y - 6 * u) + "v" + 6 * u + "h" + long + "v" + -6 * u);
    var text = bar.querySelector("text");
    text.setAttribute("x", x + long / 2);
    text.setAttribute("y", y - 8 * u);
    text.textContent = metres >= 1000 ? metres / 1000 + " " + bar.dataset.km : metres + " " + bar.dataset.m;
  }
  function show() {
    now.w = Math.min(full.w, Math.max(full.w / DEEPEST, now.w));
    now.h = now.w * full.h / full.w;
    now.x = Math.min(full.x + full.w - now.w, Math.max(full.x, now.x));
    now.y = Math.min(full.y + full.h - now.h, Math.max(full.y, now.y));
    net.setAttribute("viewBox", [now.x, now.y, now.w, now.h].map(function (n) { return n.toFixed(1); }).join(" "));
    net.style.setProperty("--u", unit().toFixed(4));
    measure();
  }
  function zoom(factor, x, y) {
    var cx = x === undefined ? now.x + now.w / 2 : x, cy = y === undefined ? now.y + now.h / 2 : y;
    var w = Math.min(full.w, Math.max(full.w / DEEPEST, now.w / factor)), part = w / now.w;
    now.x = cx - (cx - now.x) * part;
    now.y = cy - (cy - now.y) * part;
    now.w = w;
    show();
  }
  function all() { now = { x: full.x, y: full.y, w: full.w, h: full.h }; show(); }
  function shift(dx, dy) { now.x += dx * now.w; now.y += dy * now.h; show(); }
  function spot(event) {
    var point = new DOMPoint(event.clientX, event.clientY).matrixTransform(net.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  function layer(input) {
    var group = document.getElementById(input.dataset.layer);
    if (group) { group.classList.toggle("gone", !input.checked); }
  }
  var inputs = document.querySelectorAll("[data-layer]");
  inputs.forEach(function (input) { layer(input); input.addEventListener("change", function () { layer(input); }); });

  function follow() {
    var id = decodeURIComponent(location.hash.slice(1)), target = id && document.getElementById(id);
    if (!target) { return; }
    var folded = target.closest("details");
    if (folded) { folded.open = true; }
    if (!target.classList.contains("mark")) { if (folded) { target.scrollIntoView({ block: "center" }); } return; }
    inputs.forEach(function (input) {
      if (input.dataset.layer === target.parentNode.id) { input.checked = true; layer(input); }
    });
    var at = target.transform.baseVal[0].matrix, w = Math.min(now.w, full.w / CLOSE);
    now.w = w;
    now.x = at.e - w / 2;
    now.y = at.f - w * full.h / full.w / 2;
    target.parentNode.appendChild(target);
    target.parentNode.parentNode.insertBefore(target.parentNode, net.querySelector(".bar"));
    show();
    box.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a");
    if (link && link.getAttribute("href") === location.hash) { setTimeout(follow, 0); }
  });

  document.querySelectorAll("[data-zoom]").forEach(function (button) {
    button.addEventListener("click", function () {
      if (button.dataset.zoom === "all") { all(); } else { zoom(button.dataset.zoom === "in" ? STEP : 1 / STEP); }
    });
  });
  box.addEventListener("keydown", function (event) {
    var keys = {
      ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2]
    };
    if (event.altKey || event.ctrlKey || event.metaKey) { return; }
    if (keys[event.key]) { shift(keys[event.key][0], keys[event.key][1]); event.preventDefault(); }
    else if (event.key === "+" || event.key === "=") { zoom(STEP); event.preventDefault(); }
    else if (event.key === "-") { zoom(1 / STEP); event.preventDefault(); }
    else if (event.key === "0") { all(); event.preventDefault(); }
  });
  net.addEventListener("wheel", function (event) {
    if (!event.ctrlKey && !event.metaKey) { return; }
    var at = spot(event);
    event.preventDefault();
    zoom(event.deltaY < 0 ? STEP : 1 / STEP, at[0], at[1]);
  }, { passive: false });

  var held = null, moved = false;
  net.addEventListener("pointerdown", function (event) {
    if (event.button || event.pointerType === "touch" && now.w >= full.w) { return; }
    held = { x: event.clientX, y: event.clientY };
    moved = false;
  });
  window.addEventListener("pointermove", function (event) {
    if (!held) { return; }
    var dx = event.clientX - held.x, dy = event.clientY - held.y;
    if (!moved && Math.abs(dx) + Math.abs(dy) < 5) { return; }
    moved = true;
    net.classList.add("held");
    now.x -= dx * unit();
    now.y -= dy * unit();
    held = { x: event.clientX, y: event.clientY };
    show();
  });
  window.addEventListener("pointerup", function () { held = null; net.classList.remove("held"); });
  net.addEventListener("click", function (event) {
    if (moved) { event.preventDefault(); event.stopPropagation(); moved = false; }
  }, true);
  net.addEventListener("dragstart", function (event) { event.preventDefault(); });
  window.addEventListener("resize", show);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (one) { one.open = true; });
    all();
  });
  window.addEventListener("load", function () { setTimeout(follow, 0); });
  show();
})();
