(function () {
  "use strict";
  var slider = document.getElementById("year"), shown = document.getElementById("shown-year");
  var choice = document.getElementById("service"), villages = document.getElementById("villages");
  var projects = Array.prototype.slice.call(document.querySelectorAll("#projects .p"));
  var states = JSON.parse(villages.dataset.states), circles = villages.children;
  function years() {
    var last = Number(slider.max), year = Number(slider.value);
    shown.textContent = year === last ? slider.dataset.all : String(year);
    slider.setAttribute("aria-valuetext", shown.textContent);
    projects.forEach(function (one) { one.classList.toggle("off", Number(one.dataset.year) > year); });
  }
  function services() {
    var text = states[choice.value];
    for (var k = 0; k < circles.length; k++) circles[k].setAttribute("class", "v s" + text[k]);
  }
  slider.addEventListener("input", years);
  choice.addEventListener("change", services);
  years();
  var filter = document.getElementById("filter"), parts = Array.prototype.slice.call(document.querySelectorAll("#library details"));
  filter.addEventListener("input", function () {
    var wanted = filter.value.trim().toLowerCase();
    parts.forEach(function (part) {
      var any = false;
      Array.prototype.forEach.call(part.querySelectorAll("tbody tr"), function (row) {
        var fits = !wanted || row.textContent.toLowerCase().indexOf(wanted) >= 0;
        row.hidden = !fits; any = any || fits;
      });
      part.hidden = !any; part.open = Boolean(wanted) && any;
    });
  });
  window.addEventListener("beforeprint", function () {
    slider.value = slider.max; years();
    parts.forEach(function (part) { part.open = true; });
  });
})();
