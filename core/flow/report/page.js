"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var page = document.getElementById("page");
  var PLACES = ["created", "updated", "unchanged", "skipped", "deleted", "failed",
                "unknown", "unprocessed"];
  var TIMES = [["server", "the server", "updated"], ["network", "the network", "deleted"],
               ["client", "this machine", "created"],
               ["rate", "waiting for --rate", "skipped"],
               ["pause", "waiting as the server asked", "unknown"],
               ["settle", "waiting for answers that were lost", "failed"]];
  var ROWS = 100;
  var SVG = "http://www.w3.org/2000/svg";
  var number = new Intl.NumberFormat("en-US");

  function count(n) { return number.format(n); }

  // An element; content is text or elements, never markup.
  function make(name, attributes, content) {
    var e = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) {
      e.setAttribute(key, attributes[key]);
    });
    [].concat(content === undefined ? [] : content).forEach(function (part) {
      e.append(part);
    });
    return e;
  }

  function section(title) {
    var s = make("section", {}, make("h2", {}, title));
    page.append(s);
    return s;
  }

  function duration(ms) {
    var s = Math.round(ms / 1000);
    if (s < 60) return (ms / 1000).toFixed(1) + " s";
    var text = String(s % 60).padStart(2, "0");
    text = Math.floor(s / 60) % 60 + ":" + text;
    return s < 3600 ? text + " min" : Math.floor(s / 3600) + ":" + text.padStart(5, "0") + " h";
  }

  // A bar of the parts of a whole, and what they are; those of size 0 are left out.
  // list: [{size, shown, words, color: the name of a variable of the style}]
  function parts(title, list) {
    var bar = make("div", {class: "bar", role: "img", "aria-label": title});
    var legend = make("ul", {class: "legend"});
    list.forEach(function (part) {
      if (!part.size) return;
      var piece = make("span", {title: part.words + ": " + part.shown});
      var swatch = make("i");
      piece.style.flexGrow = part.size;
      piece.style.background = swatch.style.background = "var(--" + part.color + ")";
      bar.append(piece);
      legend.append(make("li", {}, [swatch, make("b", {}, part.shown), " " + part.words]));
    });
    return [bar, legend];
  }

  function head() {
    var run = data.run, c = data.counts;
    var verb = {import: "Import", undo: "Undo"}[run.kind] || run.kind;
    document.title = verb + " of " + run.input;
    page.append(make("h1", {}, verb + " of " + run.input));
    page.append(make("p", {class: "dim"}, run.entityType + " at " + run.url + " as " +
      run.user + ", begun " + run.started + " UTC, ran " + duration(run.ranMs) +
      (run.mapping ? ", mapping " + run.mapping : "") +
      (run.engine ? ", engine " + run.engine : "")));
    var sum = PLACES.reduce(function (n, place) { return n + c[place]; }, 0);
    page.append.apply(page, parts("outcome of " + count(c.rows) + " rows",
      PLACES.map(function (place) {
        return {size: c[place], shown: count(c[place]), words: place, color: place};
      })));
    page.append(make("p", {class: "dim"}, count(c.rows) + " rows = " +
      PLACES.filter(function (p) { return c[p]; }).map(function (p) {
        return count(c[p]) + " " + p;
      }).join(" + ") + (sum === c.rows ? "" : " (this does not add up: please report it)")));
  }

  function causes() {
    if (!data.causes.length) return;
    var body = make("tbody");
    data.causes.forEach(function (c) {
      body.append(make("tr", {}, [
        make("td", {class: "n"}, count(c[2])), make("td", {class: "code"}, c[0]),
        make("td", {class: "name"}, c[1]), make("td", {class: "n"}, count(c[3])),
        make("td", {}, [c[4], make("div", {class: "advice"}, c[5])])]));
    });
    section("Causes").append(make("table", {}, [
      make("thead", {}, make("tr", {}, [
        make("th", {class: "n"}, "Rows"), make("th", {}, "Code"), make("th", {}, "Column"),
        make("th", {class: "n"}, "First line"), make("th", {}, "For example, and what to do")])),
      body]));
  }

  function svg(name, attributes, text) {
    var e = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { e.setAttribute(key, attributes[key]); });
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // lines: [{points: [[x, y], ...], color, dash}], all from 0 up.
  function chart(title, unit, lines) {
    var W = 560, H = 170, L = 56, R = 10, T = 24, B = 22;
    var top = 0, end = 0;
    lines.forEach(function (line) {
      line.points.forEach(function (p) {
        top = Math.max(top, p[1]);
        end = Math.max(end, p[0]);
      });
    });
    if (!top || !end) return null;
    var s = svg("svg", {viewBox: "0 0 " + W + " " + H, role: "img", "aria-label": title});
    s.append(svg("text", {x: L, y: 15}, title));
    [0, 0.5, 1].forEach(function (part) {
      var y = H - B - part * (H - T - B);
      s.append(svg("line", {x1: L, x2: W - R, y1: y, y2: y, stroke: "var(--line)"}));
      var value = top * part;
      s.append(svg("text", {x: L - 6, y: y + 4, "text-anchor": "end"},
        (value < 10 ? value.toFixed(1) : count(Math.round(value))) + unit));
    });
    s.append(svg("text", {x: W - R, y: H - 6, "text-anchor": "end"}, duration(end)));
    lines.forEach(function (line) {
      var path = line.points.map(function (p, i) {
        return (i ? "L" : "M") + (L + p[0] / end * (W - L - R)).toFixed(1) + " " +
          (H - B - p[1] / top * (H - T - B)).toFixed(1);
      }).join("");
      s.append(svg("path", {d: path, fill: "none", stroke: line.color, "stroke-width": 1.6,
                            "stroke-dasharray": line.dash || "none"}));
    });
    return s;
  }

  function speed() {
    var rate = [], p50 = [], p95 = [];
    data.samples.forEach(function (part) {
      for (var i = 1; i < part.length; i++) {
        var a = part[i - 1], b = part[i];
        var rows = Math.max(0, b[1] - a[1]); // one that has to be sent again counts back
        if (b[0] > a[0]) rate.push([b[0], rows * 1000 / (b[0] - a[0])]);
        if (b[2]) p50.push([b[0], b[2] / 1000]);
        if (b[3]) p95.push([b[0], b[3] / 1000]);
      }
    });
    var charts = [chart("rows a second", "", [{points: rate, color: "var(--mark)"}]),
                  chart("answers: half within (line), 95 % within (dashes)", " ms",
                        [{points: p50, color: "var(--mark)"},
                         {points: p95, color: "var(--failed)", dash: "5 3"}])]
      .filter(Boolean);
    var sums = {};
    data.statuses.forEach(function (part) {
      Object.keys(part).forEach(function (key) { sums[key] = (sums[key] || 0) + part[key]; });
    });
    var words = Object.keys(sums).filter(function (key) { return sums[key]; })
      .map(function (key) {
        return count(sums[key]) + (key === "lost" ? " without an answer"
          : key === "retries" ? " sent again" : " answered " + key);
      });
    if (!charts.length && !words.length) return;
    var s = section("Speed");
    if (charts.length) s.append(make("div", {class: "charts"}, charts));
    if (words.length) s.append(make("p", {class: "dim"}, "Requests: " + words.join(", ")));
  }

  // Of all parts of the run; below a second it means nothing.
  function times() {
    var sums = {}, total = 0;
    data.times.forEach(function (part) {
      Object.keys(part).forEach(function (key) {
        sums[key] = (sums[key] || 0) + part[key];
        total += part[key];
      });
    });
    if (total < 1000) return;
    var s = section("Where the time went");
    s.append.apply(s, parts("where " + duration(total) + " went",
      TIMES.map(function (time) {
        var share = Math.round((sums[time[0]] || 0) * 100 / total);
        return {size: share, shown: share + " %", words: time[1], color: time[2]};
      })));
  }

  function slowest() {
    var rows = [].concat.apply([], data.slowest).sort(function (a, b) {
      return b[2] - a[2];
    }).slice(0, 20);
    if (!rows.length) return;
    var top = rows[0][2], body = make("tbody");
    rows.forEach(function (r) {
      var bar = make("i", {class: "length"});
      bar.style.width = Math.max(r[2] / top * 100, 0.5) + "%";
      body.append(make("tr", {}, [make("td", {class: "n"}, count(r[0])), make("td", {}, r[1]),
        make("td", {class: "n"}, count(Math.round(r[2] / 1000)) + " ms"),
        make("td", {class: "wide", "aria-hidden": "true"}, bar)]));
    });
    section("Slowest rows").append(
      make("p", {class: "dim"}, "From the request that wrote the row to its answer. Rows " +
        "that went through EspoCRM's Import are not among them: they share a request."),
      make("table", {}, [make("thead", {}, make("tr", {}, [
        make("th", {class: "n"}, "Line"), make("th", {}, "Outcome"),
        make("th", {class: "n"}, "Answered after"), make("th", {}, "")])), body]));
  }

  // A table of many rows: searched, sorted, a page at a time.
  // columns: [{title, n: is a number, class: of its cells, cell: function (row) -> content,
  //   key: function (row)}]
  function table(parent, columns, rows, search) {
    var shown = rows, at = 0, sorted = -1, down = false;
    var body = make("tbody"), where = make("span", {class: "dim"});
    var input = make("input", {type: "search", placeholder: "Search in all of them",
                               "aria-label": "Search"});
    var back = make("button", {type: "button"}, "Back"), on = make("button", {type: "button"}, "On");

    function draw() {
      body.replaceChildren.apply(body, shown.slice(at, at + ROWS).map(function (row) {
        return make("tr", {}, columns.map(function (column) {
          return make("td", {class: column.n ? "n" : column.class || ""},
                      column.cell(row));
        }));
      }));
      where.textContent = shown.length ? count(at + 1) + " to " +
        count(Math.min(at + ROWS, shown.length)) + " of " + count(shown.length) : "none";
      back.disabled = at === 0;
      on.disabled = at + ROWS >= shown.length;
    }
    function filter() {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      shown = rows.filter(function (row) {
        var text = search(row);
        return words.every(function (word) { return text.indexOf(word) >= 0; });
      });
      order();
    }
    function order() {
      if (sorted >= 0) {
        var key = columns[sorted].key, sign = down ? -1 : 1;
        shown = shown.slice().sort(function (a, b) {
          var x = key(a), y = key(b);
          return x < y ? -sign : x > y ? sign : 0;
        });
      }
      at = 0;
      draw();
    }
    var heads = columns.map(function (column, i) {
      var th = make("th", {class: "sorts" + (column.n ? " n" : ""), tabindex: 0,
                           "aria-sort": "none"}, column.title);
      function sort() {
        down = sorted === i && !down;
        sorted = i;
        heads.forEach(function (h) { h.setAttribute("aria-sort", "none"); });
        th.setAttribute("aria-sort", down ? "descending" : "ascending");
        order();
      }
      th.addEventListener("click", sort);
      th.addEventListener("keydown", function (e) { if (e.key === "Enter") sort(); });
      return th;
    });
    var timer;
    input.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(filter, 150);
    });
    back.addEventListener("click", function () { at -= ROWS; draw(); });
    on.addEventListener("click", function () { at += ROWS; draw(); });
    if (rows.length > 5)
      parent.append(make("div", {class: "tools"}, [input, where, back, on]));
    parent.append(make("table", {}, [make("thead", {}, make("tr", {}, heads)), body]));
    draw();
  }

  function errors() {
    var advice = {};
    data.causes.forEach(function (c) { advice[c[0]] = c[5]; });
    if (!data.errors.length) return;
    table(section("Rows that failed, or of which something is to be said"), [
      {title: "Line", n: true, cell: function (r) { return count(r[0]); },
       key: function (r) { return r[0]; }},
      {title: "Outcome", cell: function (r) { return r[1]; }, key: function (r) { return r[1]; }},
      {title: "Code", class: "code", cell: function (r) { return r[2]; },
       key: function (r) { return r[2]; }},
      {title: "Column", class: "name", cell: function (r) { return r[3]; }, key: function (r) { return r[3]; }},
      {title: "Value", cell: function (r) { return r[4]; }, key: function (r) { return r[4]; }},
      {title: "What is wrong, and what to do", cell: function (r) {
        return [r[5], make("div", {class: "advice"}, advice[r[2]] || "")];
      }, key: function (r) { return r[5]; }}
    ], data.errors, function (r) { return r.join(" ").toLowerCase(); });
  }

  function value(v) {
    return v === null || v === undefined || v === "" ? "nothing"
      : typeof v === "string" ? v : JSON.stringify(v);
  }

  function changes() {
    var rows = [];
    data.changes.forEach(function (c) {
      Object.keys(c[3]).forEach(function (name) {
        if (JSON.stringify(c[2][name]) !== JSON.stringify(c[3][name]))
          rows.push([c[0], c[1], name, value(c[2][name]), value(c[3][name])]);
      });
    });
    if (!rows.length) return;
    table(section("What was changed"), [
      {title: "Line", n: true, cell: function (r) { return count(r[0]); },
       key: function (r) { return r[0]; }},
      {title: "Record", class: "code", cell: function (r) { return r[1]; },
       key: function (r) { return r[1]; }},
      {title: "Field", class: "name", cell: function (r) { return r[2]; }, key: function (r) { return r[2]; }},
      {title: "Before", cell: function (r) { return make("del", {}, r[3]); },
       key: function (r) { return r[3]; }},
      {title: "After", cell: function (r) { return make("ins", {}, r[4]); },
       key: function (r) { return r[4]; }}
    ], rows, function (r) { return r.join(" ").toLowerCase(); });
  }

  head();
  causes();
  speed();
  times();
  slowest();
  errors();
  changes();
  if (data.run.kind === "import" && data.counts.created + data.counts.updated > 0)
    page.append(make("p", {class: "dim"}, "To take it back: espoload undo " +
                     data.run.checkpoint + " (with -n it shows what it would do)"));
  page.append(make("p", {class: "dim"}, "espoload " + data.run.version));
})();
