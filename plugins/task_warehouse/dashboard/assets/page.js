// Adds sorting and searching to the tables. The pages say everything without it.
(function () {
  "use strict";

  var FEW_ROWS = 8;
  var words = document.body.dataset;
  var finding = document.querySelectorAll("a[data-find], a[data-due]");
  var lists = [];  // each filters one table by the figure that was followed

  // Lower case without diacritics, so that "quang ninh" finds "Quảng Ninh".
  function bare(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  }

  function rowsOf(table) {
    return Array.prototype.slice.call(table.querySelectorAll("tbody tr"));
  }

  // The column a header cell stands over, in a head of one or two rows.
  function columnOf(table, header) {
    var taken = [], found = -1;
    Array.prototype.forEach.call(table.tHead.rows, function (row, y) {
      var x = 0;
      Array.prototype.forEach.call(row.cells, function (cell) {
        while (taken[y + ":" + x]) x += 1;
        if (cell === header) found = x;
        for (var dy = 0; dy < cell.rowSpan; dy += 1)
          for (var dx = 0; dx < cell.colSpan; dx += 1) taken[y + dy + ":" + (x + dx)] = true;
        x += cell.colSpan;
      });
    });
    return found;
  }

  // What a cell says, as something to compare: a day, a number as this language writes it, or text.
  function valueOf(row, column, isNumber) {
    var text = row.cells[column].textContent.trim();
    if (!isNumber) return bare(text);
    var day = /(\d\d)\/(\d\d)\/(\d{4})(?!.*\d\d\/\d\d\/\d{4})/.exec(text);
    if (day) return Number(day[3] + day[2] + day[1]);
    var plain = document.documentElement.lang === "vi" ?
      text.replace(/\./g, "").replace(",", ".") : text.replace(/,/g, "");
    var number = parseFloat(plain.replace("\u2212", "-").replace(/^[^\d-]+(?=\d)/, ""));
    return isNaN(number) ? -1e9 : number;
  }

  function sortBy(table, header, button) {
    var column = columnOf(table, header);
    var isNumber = header.dataset.sort ? header.dataset.sort === "number" : isOfNumbers(table, column);
    var now = header.getAttribute("aria-sort");
    var order = now === "ascending" ? "descending" : now === "descending" ? "ascending" :
      isNumber && column > 0 ? "descending" : "ascending";
    Array.prototype.forEach.call(table.tHead.querySelectorAll("[aria-sort]"), function (cell) {
      cell.removeAttribute("aria-sort");
    });
    header.setAttribute("aria-sort", order);
    var sign = order === "ascending" ? 1 : -1;
    rowsOf(table).map(function (row, place) {
      return { row: row, place: place, value: valueOf(row, column, isNumber) };
    }).sort(function (a, b) {
      return (a.value < b.value ? -sign : a.value > b.value ? sign : 0) || a.place - b.place;
    }).forEach(function (item) {
      item.row.parentNode.appendChild(item.row);  // what figures lead to stays together
    });
    button.focus();
  }

  // Whether the first cell of a column that says something begins with a number or holds a day.
  function isOfNumbers(table, column) {
    return rowsOf(table).some(function (row) {
      return /^\u2212?[\d.,]+%?$|\d\d\/\d\d\/\d{4}$/.test(row.cells[column].textContent.trim()) &&
        row.cells[column].tagName === "TD";
    });
  }

  function addSorting(table) {
    var sorted = table.dataset.tools === "all" ? "th:not([data-sort=no])" : "th[data-sort]";
    Array.prototype.forEach.call(table.tHead.querySelectorAll(sorted), function (header) {
      var button = document.createElement("button");
      button.type = "button";
      while (header.firstChild) button.appendChild(header.firstChild);
      header.appendChild(button);
      button.addEventListener("click", function () { sortBy(table, header, button); });
    });
  }

  function addSearch(table) {
    var rows = rowsOf(table);
    var ofTasks = "found" in table.dataset || !!table.querySelector("tbody .document");
    if (rows.length < FEW_ROWS && !(finding.length && ofTasks)) return;
    var texts = null;  // read when somebody searches, not while the page opens
    var label = document.createElement("label");
    var input = document.createElement("input");
    var count = document.createElement("span");
    label.className = ofTasks ? "search of-tasks" : "search";
    label.hidden = rows.length < FEW_ROWS;
    label.textContent = words.search;
    input.type = "search";
    count.className = "small";
    count.setAttribute("role", "status");
    label.appendChild(input);
    label.appendChild(count);
    table.parentNode.insertBefore(label, table);
    function show(fits) {
      var shown = 0;
      rows.forEach(function (row, i) {
        row.hidden = !fits(row, i);
        if (!row.hidden) shown += 1;
      });
      count.textContent = input.value ?
        words.shown.replace("%1", shown).replace("%2", rows.length) : "";
    }
    input.addEventListener("input", function () {
      var wanted = bare(input.value.trim()).split(/\s+/);
      texts = texts || rows.map(function (row) { return bare(row.textContent); });
      show(function (row, i) {
        return wanted.every(function (word) { return texts[i].indexOf(word) >= 0; });
      });
    });
    if (ofTasks) lists.push(function (link) {
      if ("of" in link.dataset !== "found" in table.dataset) return;
      if ("due" in link.dataset && !sectionOf(table).querySelector(link.getAttribute("href"))) return;
      label.hidden = false;
      input.value = link.dataset.find || link.parentNode.parentNode.cells[0].textContent;
      show(function (row) { return isBehind(link, row); });
    });
  }

  function sectionOf(element) {
    while (element.tagName !== "SECTION" && element.parentElement) element = element.parentElement;
    return element;
  }

  // Whether a row is one that a figure counts, exactly: by what it is, its deadline or document.
  function isBehind(link, row) {
    if ("due" in link.dataset) {
      var month = Math.floor(valueOf(row, row.querySelector(".due").cellIndex, true) / 100);
      return month === Number(link.dataset.due) || "on" in link.dataset && month > link.dataset.due;
    }
    if ("of" in link.dataset) {
      var named = (row.dataset.of || "").split(" ");
      return link.dataset.of.split(" ").every(function (name) { return named.indexOf(name) >= 0; });
    }
    return row.querySelector(".document").textContent.trim() === link.dataset.find;
  }

  // A figure shows its rows in every list they stand in, the short ones too.
  function addFinding(link) {
    link.addEventListener("click", function () {
      lists.forEach(function (list) { list(link); });
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("table[data-tools]"), function (table) {
    if (!table.tBodies.length) return;
    addSearch(table);
    if (rowsOf(table).length > 1) addSorting(table);
  });
  Array.prototype.forEach.call(finding, addFinding);

  // Buttons of a head that is repeated on the next sheet would be missing there: paper gets words.
  var exchanged = [];
  function exchange(old, made) {
    while (old.firstChild) made.appendChild(old.firstChild);
    old.parentNode.replaceChild(made, old);
  }
  window.addEventListener("beforeprint", function () {
    Array.prototype.forEach.call(document.querySelectorAll("thead button"), function (button) {
      var words = document.createElement("span");
      exchange(button, words);
      exchanged.push([words, button]);
    });
  });
  window.addEventListener("afterprint", function () {
    while (exchanged.length) exchange.apply(null, exchanged.pop());
  });
})();
