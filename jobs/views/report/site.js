"use strict";
(function () {
  var reorder = {};
  function compare(x, y) {
    return isNaN(x) || isNaN(y) ? String(x).localeCompare(String(y)) : x - y;
  }
  function cell(row, text, number) {
    var made = row.insertCell();
    made.textContent = text;
    if (number) { made.className = "n"; }
    return made;
  }
  function data(id) {
    var block = document.getElementById(id);
    return block ? JSON.parse(block.textContent) : null;
  }
  document.querySelectorAll("table.sortable th").forEach(function (head) {
    var place = Array.prototype.indexOf.call(head.parentNode.children, head), button = document.createElement("button");
    button.type = "button"; button.textContent = head.textContent; head.textContent = ""; head.appendChild(button);
    button.addEventListener("click", function () {
      var up = head.getAttribute("aria-sort") !== "ascending", table = head.closest("table"), body = table.tBodies[0];
      head.parentNode.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      if (reorder[table.id]) { reorder[table.id](place, up); return; }
      Array.from(body.rows).sort(function (a, b) {
        var x = a.cells[place].dataset.value || a.cells[place].textContent, y = b.cells[place].dataset.value || b.cells[place].textContent;
        return up ? compare(x, y) : compare(y, x);
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
  document.querySelectorAll("[data-age]").forEach(function (place) {
    var days = Math.floor((Date.now() - Date.parse(place.dataset.age + "T23:59:59Z")) / 86400000);
    if (days > 1) { place.textContent = " That is " + days + " days ago: look for a newer report."; place.closest(".state").classList.add("bad"); }
  });
  document.querySelectorAll(".filters").forEach(function (bar) {
    bar.addEventListener("click", function (event) {
      var line = event.target.dataset.line;
      if (line === undefined) { return; }
      bar.querySelectorAll("button").forEach(function (each) { each.setAttribute("aria-pressed", String(each === event.target)); });
      document.querySelectorAll("#evidence tbody tr").forEach(function (row) { row.hidden = line !== "" && row.dataset.line !== line; });
    });
  });
  var all = data("directory"), find = document.getElementById("find");
  if (all && find) {
    find.addEventListener("input", function () {
      var wanted = find.value.trim().toLowerCase(), list = document.getElementById("found"), shown = 0, count = 0;
      list.textContent = "";
      if (wanted) {
        all.rows.forEach(function (row) {
          if (row[0].toLowerCase().indexOf(wanted) < 0) { return; }
          count += 1;
          if (shown >= 20) { return; }
          shown += 1;
          var campaign = all.campaigns[row[1]], item = document.createElement("li"), link = document.createElement("a");
          link.href = campaign[0] + "#" + encodeURIComponent(row[0]); link.textContent = campaign[1];
          item.append(row[0] + ": " + all.roles[row[2]] + " in ", link, ", " + campaign[2]);
          list.appendChild(item);
        });
      }
      document.getElementById("count").textContent = wanted ? count + (count === 1 ? " account" : " accounts") + (count > shown ? ", the first " + shown + " are listed" : "") : "";
    });
  }
  var mine = data("members");
  if (mine) {
    var body = document.querySelector("#accounts tbody"), filter = document.getElementById("filter"), more = document.getElementById("more");
    var step = body.rows.length || 50, limit = step;
    var draw = function () {
      var wanted = filter.value.trim().toLowerCase(), hits = mine.rows.filter(function (row) {
        return !wanted || row[0].toLowerCase().indexOf(wanted) >= 0 || row[6].some(function (n) { return mine.reasons[n].toLowerCase().indexOf(wanted) >= 0; });
      });
      body.textContent = "";
      hits.slice(0, limit).forEach(function (row) {
        var made = body.insertRow();
        made.id = row[0];
        cell(made, row[0]); cell(made, mine.roles[row[1]]); cell(made, row[2].toFixed(3), true); cell(made, row[3].toLocaleString("en"), true);
        cell(made, row[4]); cell(made, row[5]); cell(made, worth(row, 6));
      });
      more.hidden = hits.length <= limit;
      document.getElementById("listed").textContent = Math.min(limit, hits.length) + " of " + hits.length + (wanted ? " found" : "") + " accounts are listed.";
    };
    var worth = function (row, place) {
      return place === 1 ? mine.roles[row[1]] : place === 6 ? row[6].map(function (n) { return mine.reasons[n]; }).join("; ") : row[place];
    };
    reorder.accounts = function (place, up) {
      mine.rows.sort(function (a, b) { return up ? compare(worth(a, place), worth(b, place)) : compare(worth(b, place), worth(a, place)); });
      limit = step; draw();
    };
    filter.addEventListener("input", function () { limit = step; draw(); });
    more.addEventListener("click", function () { limit += 200; draw(); });
    window.addEventListener("beforeprint", function () { limit = Infinity; draw(); });
    var asked = decodeURIComponent(location.hash.slice(1));
    if (mine.rows.some(function (row) { return row[0] === asked; })) { filter.value = asked; }
    draw();
  }
})();
