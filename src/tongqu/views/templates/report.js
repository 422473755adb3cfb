(function () {
  "use strict";
  var $ = function (id) { return document.getElementById(id); };
  var all = function (root, what) { return Array.prototype.slice.call(root.querySelectorAll(what)); };
  var data = JSON.parse($("data").textContent), words = data.words;
  var slider = $("year"), typed = $("typed"), shown = $("shown"), service = $("service");
  var marks = all($("villages"), "use"), tallies = all(document, ".tally"), built = $("built");
  var things = all($("plan"), "[data-y]"), symbols = all($("symbols"), "use");
  var sectors = all(document, ".sector"), box = $("mapbox"), tip = $("tip-box"), ring = $("ring"), plan = $("plan");
  var count = marks.length, first = data.years[0], last = data.years[data.years.length - 1];
  var drawn = marks.map(function () { return ""; }), current = -1;
  var format = function (number) { return number.toLocaleString("en-US"); };

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_, key) { return values[key]; });
  }
  function stateOf(place) {
    return data.states[service.value].charAt((Number(slider.value) - first) * count + place);
  }
  function draw() {
    var year = Number(slider.value), whole = year === last, sums = [0, 0, 0, 0], on = {}, open = 0;
    var states = data.states[service.value], start = (year - first) * count;
    sectors.forEach(function (one) { on[one.value] = one.checked; });
    for (var k = 0; k < count; k++) {
      var state = states.charAt(start + k);
      sums[state] += 1;
      if (drawn[k] !== state) { marks[k].setAttribute("href", "#v" + state); drawn[k] = state; }
    }
    things.forEach(function (one) {
      var visible = Number(one.dataset.y) <= year && on[one.dataset.s] !== false;
      one.classList.toggle("off", !visible);
      if (visible && one.dataset.p) open += 1;
    });
    tallies.forEach(function (one) { one.textContent = format(sums[one.dataset.state]); });
    typed.value = year;
    shown.textContent = whole ? last + " · " + words.all : fill(words.year, { year: year });
    slider.setAttribute("aria-valuetext", shown.textContent);
    built.textContent = fill(words.states, { year: year, count: format(open) });
    all(document, ".legend .shown").forEach(function (one) {
      one.textContent = service.options[service.selectedIndex].text + " · " + year;
    });
    box.dataset.year = year;
  }
  function setYear(year) {
    if (!(year >= first && year <= last)) { return; }
    slider.value = year; draw();
  }

  function words_of(symbol) {
    var cells = all($("p" + symbol.dataset.p), "th,td").map(function (cell) { return cell.textContent; });
    return { title: cells[1], lines: [[cells[4], cells[3], cells[2]].filter(Boolean).join(" · "), cells[5] + " · " + cells[6],
      fill(words.opens, { start: cells[7], opens: cells[8], money: cells[9] })] };
  }
  function say(content, x, y) {
    tip.textContent = "";
    var head = document.createElement("b");
    head.textContent = content.title; tip.appendChild(head);
    content.lines.forEach(function (line) {
      var part = document.createElement("span");
      part.textContent = line; tip.appendChild(part);
    });
    tip.hidden = false;
    var area = plan.getBoundingClientRect(), scale = area.width / plan.viewBox.baseVal.width;
    ring.setAttribute("cx", x); ring.setAttribute("cy", y);
    var left = x * scale + 16, top = y * scale + 16;
    if (left + tip.offsetWidth > area.width) { left = x * scale - tip.offsetWidth - 16; }
    if (top + tip.offsetHeight > area.height) { top = y * scale - tip.offsetHeight - 16; }
    tip.style.left = Math.max(0, left) + "px"; tip.style.top = Math.max(0, top) + "px";
  }
  function hide() {
    tip.hidden = true; ring.setAttribute("cx", -99); ring.setAttribute("cy", -99);
  }
  function point(symbol) {
    var at = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(symbol.getAttribute("transform"));
    say(words_of(symbol), Number(at[1]), Number(at[2]));
  }
  plan.addEventListener("mousemove", function (event) {
    var one = event.target.closest ? event.target.closest("use") : null;
    if (!one) { hide(); return; }
    if (one.dataset.p) { point(one); return; }
    var place = marks.indexOf(one);
    if (place < 0) { hide(); return; }
    var row = data.villages[place];
    say({ title: row[0], lines: [[row[2], row[1]].join(" · "), format(row[3]) + " " + words.people,
      service.options[service.selectedIndex].text + ": " + words.state[stateOf(place)]] },
      Number(one.getAttribute("x")), Number(one.getAttribute("y")));
  });
  plan.addEventListener("mouseleave", hide);
  plan.addEventListener("click", function (event) {
    var one = event.target.closest ? event.target.closest("use") : null;
    if (one && one.dataset.p) { jump(one); }
  });
  function jump(symbol) {
    var row = $("p" + symbol.dataset.p);
    row.closest("details").open = true;
    row.scrollIntoView({ block: "center" });
    row.classList.add("hit");
    setTimeout(function () { row.classList.remove("hit"); }, 2500);
  }
  box.addEventListener("keydown", function (event) {
    var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    var visible = symbols.filter(function (one) { return !one.classList.contains("off"); });
    if (event.key === "Escape") { hide(); return; }
    if (event.key === "Enter" && current >= 0 && visible[current]) { jump(visible[current]); return; }
    if (!step || !visible.length) { return; }
    event.preventDefault();
    current = (current + step + visible.length) % visible.length;
    point(visible[current]);
  });
  box.addEventListener("blur", hide);

  slider.addEventListener("input", draw);
  typed.addEventListener("change", function () { setYear(Number(typed.value)); });
  service.addEventListener("change", draw);
  $("every").addEventListener("click", function () { setYear(last); });
  sectors.forEach(function (one) { one.addEventListener("change", function () { current = -1; draw(); }); });

  var filter = $("filter"), parts = all($("library"), "details"), found = $("found");
  var rows = parts.map(function (part) {
    return all(part, "tbody tr").map(function (row) { return { row: row, text: row.textContent.toLowerCase() }; });
  });
  filter.addEventListener("input", function () {
    var wanted = filter.value.trim().toLowerCase(), sum = 0;
    parts.forEach(function (part, k) {
      var any = 0;
      rows[k].forEach(function (one) {
        var fits = !wanted || one.text.indexOf(wanted) >= 0;
        one.row.hidden = !fits; any += fits ? 1 : 0;
      });
      sum += any; part.hidden = !any; part.open = Boolean(wanted) && any > 0;
    });
    found.textContent = wanted ? fill(words.found, { count: format(sum) }) : "";
  });

  var folded = all(document, "details");
  function fold(open) { folded.forEach(function (one) { one.open = open; }); }
  window.addEventListener("beforeprint", function () { setYear(last); hide(); fold(true); });
  window.addEventListener("afterprint", function () { fold(false); });
  fold(false);
  draw();
})();
