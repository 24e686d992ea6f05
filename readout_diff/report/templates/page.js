// What a page can do with scripts on. All text, statuses and links are there without it.
"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const data = JSON.parse(find("#data").textContent);
  const pane = { a: find("#pane-a"), b: find("#pane-b") };
  const gutter = find("#gutter");
  const toolbar = find(".toolbar");
  const dock = find("#dock");
  const chosen = find("#chosen");
  const closeDock = find("#close-dock");
  const status = find("#status");
  const search = find("#search");
  const form = find("#filter");
  const filterButton = find("#filter-button");
  const help = find("#help");
  const keys = find("#keys");
  const orderChoice = find("#order");
  const inOrder = find("#in-order");
  const wide = matchMedia("(min-width: 56.01rem)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const hint = chosen.firstElementChild.cloneNode(true);

  root.classList.add("js");

  // Claims by anchor, in the order of the texts: side a's, then side b's.
  const claims = new Map();
  const cards = new Map();
  for (const card of document.querySelectorAll("[data-card]")) cards.set(card.dataset.card, card);
  for (const told of data.claims) {
    const node = document.getElementById(told.anchor);
    if (!node) continue;
    claims.set(told.anchor, {
      ...told,
      node,
      tag: node.nextElementSibling,
      self: find(".self", node.nextElementSibling),
      card: cards.get(told.anchor),
      finding: told.kind !== "shared" || told.conflicts.length > 0,
      text: fold(`${told.id} ${told.speaker ?? ""} ${node.textContent}`),
      on: true,
    });
  }
  const all = [...claims.values()];
  let order = all;
  let current = null;
  let query = "";

  function fold(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function percent(share) {
    return `${Math.round(share * 100)} %`;
  }

  // Lighting up a claim and its matches

  let lit = [];

  function light(claim) {
    for (const node of lit) node.classList.remove("lit");
    const shown = claim ?? current;
    lit = shown ? [shown, ...partners(shown)].map((each) => each.node) : [];
    for (const node of lit) node.classList.add("lit");
    drawn = shown;
    redraw();
  }

  // The matches of a claim, and what it is in conflict with.
  function partners(claim) {
    const found = claim.matches.map((anchor) => claims.get(anchor));
    for (const n of claim.conflicts) {
      for (const anchor of data.conflicts[n - 1].claims) {
        const each = claims.get(anchor);
        if (each && each.side !== claim.side) found.push(each);
      }
    }
    return [...new Set(found)].filter(Boolean);
  }

  let drawn = null;
  let waiting = false;

  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }

  // Ribbons across the gutter, from a claim to its matches; what is out of sight is at the edge.
  function draw() {
    gutter.replaceChildren();
    if (!drawn || !wide.matches) return;
    const box = gutter.getBoundingClientRect();
    const from = extent(drawn, box);
    for (const match of partners(drawn)) {
      const to = extent(match, box);
      const [left, right] = drawn.side === "a" ? [from, to] : [to, from];
      const [w, h] = [box.width, box.width / 2];
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", drawn.kind);
      path.setAttribute(
        "d",
        `M-2 ${left[0]}C${h} ${left[0]} ${h} ${right[0]} ${w + 2} ${right[0]}` +
          `L${w + 2} ${right[1]}C${h} ${right[1]} ${h} ${left[1]} -2 ${left[1]}Z`,
      );
      gutter.append(path);
    }
  }

  function extent(claim, box) {
    const own = claim.node.getBoundingClientRect();
    const seen = pane[claim.side].getBoundingClientRect();
    const clamp = (y) => Math.min(Math.max(y, seen.top + 48), seen.bottom - 4) - box.top;
    const [top, bottom] = [clamp(own.top), clamp(own.bottom)];
    return [top, Math.max(bottom, top + 3)];
  }

  function claimAt(target) {
    const node = target.closest?.(".claim, .tag");
    if (!node) return null;
    return claims.get((node.matches(".tag") ? node.previousElementSibling : node).id) ?? null;
  }

  // Choosing a claim

  function choose(claim, { focus = false, say = true, remember = true } = {}) {
    if (current) mark(current, false);
    current = claim;
    mark(claim, true);
    show(claim);
    light(claim);
    bringIntoView(claim, true);
    const [first] = partners(claim);
    if (first && wide.matches) bringIntoView(first, false);
    if (focus) claim.self.focus({ preventScroll: true });
    if (remember) setHash(claim.anchor);
    step();
    if (say) announce(`${claim.id}, ${claim.label}, absence ${percent(claim.absence)}`);
  }

  function mark(claim, on) {
    for (const node of [claim.node, claim.card]) {
      if (on) node?.setAttribute("aria-current", "true");
      else node?.removeAttribute("aria-current");
    }
  }

  function letGo() {
    if (!current) return;
    mark(current, false);
    current = null;
    chosen.replaceChildren(hint.cloneNode(true));
    dock.classList.remove("open");
    root.classList.remove("docked");
    closeDock.hidden = true;
    light(null);
    setHash("");
    step();
  }

  function setHash(anchor) {
    try {
      history.replaceState(null, "", anchor ? `#${anchor}` : location.pathname + location.search);
    } catch {
      // Some browsers forbid it in a file; the page works without.
    }
  }

  function bringIntoView(claim, withPage) {
    const behavior = still.matches ? "auto" : "smooth";
    const own = pane[claim.side];
    const bar = toolbar.offsetHeight; // where it will stick, wherever it is now
    if (wide.matches) {
      const [seen, box] = [own.getBoundingClientRect(), claim.node.getBoundingClientRect()];
      if (box.top < seen.top + 56 || box.bottom > seen.bottom - 24) {
        const middle = box.top - seen.top - (seen.height - box.height) / 2;
        own.scrollTo({ top: own.scrollTop + middle, behavior });
      }
      if (withPage && (seen.top < bar - 1 || seen.bottom > innerHeight)) {
        scrollBy({ top: seen.top - bar - 16, behavior });
      }
    } else if (withPage) {
      const box = claim.node.getBoundingClientRect();
      const free = dock.getBoundingClientRect().top || innerHeight;
      if (box.top < bar + 8 || box.bottom > free - 8) {
        scrollBy({ top: box.top - bar - 32, behavior });
      }
    }
  }

  // The dock says what there is to say of the chosen claim.

  function show(claim) {
    const parts = [
      element(
        "p",
        { class: "head" },
        element("a", { class: "id", href: `#${claim.anchor}` }, `${data.sides[claim.side].name} ${claim.id}`),
        chip(claim.kind, claim.label),
        element("span", { class: "absence" }, percent(claim.absence)),
      ),
      quote(claim),
    ];
    for (const n of claim.conflicts) {
      const conflict = data.conflicts[n - 1];
      parts.push(
        element(
          "p",
          { class: "facts" },
          element("a", { class: "chip conflict", href: `#conflict-${n}` }, `× ${conflict.kind}`),
          ` ${conflict.why}`,
        ),
      );
    }
    if (claim.severity) {
      parts.push(element("p", { class: "facts" }, `Severity ${claim.severity.rank}: ${claim.severity.why}`));
    }
    for (const match of claim.matches.map((anchor) => claims.get(anchor)).filter(Boolean)) {
      const name = `≈ ${data.sides[match.side].name} ${match.id}`;
      parts.push(element("h4", {}, element("a", { href: `#${match.anchor}` }, name)), quote(match));
    }
    const facts = [claim.place, ...claim.topicLabels];
    parts.push(element("p", { class: "facts" }, facts.join(" · ")));
    const copy = element("button", { type: "button", class: "copy", "data-copy": claim.anchor }, "Copy quote");
    parts.push(element("p", { class: "actions" }, copy));
    chosen.replaceChildren(...parts);
    dock.classList.add("open");
    root.classList.add("docked");
    closeDock.hidden = false;
    dock.scrollTop = 0;
  }

  function chip(kind, label) {
    const glyph = find(`#filter .chip.${kind} .glyph`).cloneNode(true);
    return element("span", { class: `chip ${kind}` }, glyph, label);
  }

  function quote(claim) {
    const text = claim.node.closest(".text");
    const own = element("blockquote", { lang: text.lang, dir: text.dir });
    if (claim.speaker) own.append(element("span", { class: "speaker" }, `${claim.speaker}: `));
    own.append(element("bdi", {}, ...[...claim.node.childNodes].map((node) => node.cloneNode(true))));
    return own;
  }

  function announce(message) {
    status.textContent = message;
  }

  // Copying

  async function copy(claim, button) {
    const source = `${data.sides[claim.side].source}, ${claim.place} (${claim.id})`;
    const text = `“${claim.node.textContent.replace(/\s+/g, " ").trim()}”\n— ${source}`;
    const done = await write(text);
    announce(done ? `Copied ${claim.id}` : "The browser does not allow copying");
    if (!button) return;
    button.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => {
      button.textContent = "Copy quote";
    }, 1500);
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = element("textarea", { class: "vh", "aria-hidden": "true" });
      area.value = text;
      const before = document.activeElement;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      before?.focus({ preventScroll: true });
      return done;
    }
  }

  // Filtering, searching, ordering

  function filter() {
    const wanted = new FormData(form);
    const kinds = new Set(wanted.getAll("kind"));
    const side = wanted.get("side");
    const topic = wanted.get("topic") ? Number(wanted.get("topic")) : null;
    const least = Number(wanted.get("absence")) / 100;
    query = fold(search.value.trim());
    let shown = 0;
    for (const claim of all) {
      claim.on =
        (kinds.has(claim.kind) || (claim.conflicts.length > 0 && kinds.has("conflict"))) &&
        (!side || claim.side === side) &&
        (topic === null || claim.topics.includes(topic)) &&
        claim.most >= least &&
        claim.text.includes(query);
      shown += claim.on;
      claim.node.classList.toggle("off", !claim.on);
      claim.tag.classList.toggle("off", !claim.on);
      if (claim.card) claim.card.hidden = !claim.on;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden =
        !inOrder.hidden || (group.querySelector(".card") && !group.querySelector(".card:not([hidden])"));
    }
    find("#least").textContent = percent(least);
    const filtered = shown < all.length;
    find("#shown").textContent = filtered ? `${shown} of ${all.length} claims` : "";
    filterButton.classList.toggle("active", filtered && !query);
    highlight();
    step();
    return shown;
  }

  function highlight() {
    if (!globalThis.Highlight) return;
    CSS.highlights.delete("found");
    if (!query) return;
    const found = new Highlight();
    for (const claim of all) {
      if (!claim.on) continue;
      const walker = document.createTreeWalker(claim.node, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const text = node.data.toLowerCase();
        if (text.length !== node.data.length) continue; // letters that change length in lower case
        for (let at = text.indexOf(query); at >= 0; at = text.indexOf(query, at + query.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + query.length);
          found.add(range);
        }
      }
    }
    CSS.highlights.set("found", found);
  }

  function sort() {
    const by = orderChoice.value;
    const rank = {
      text: () => 0,
      severity: (claim) => claim.severity?.rank ?? Infinity,
      absence: (claim) => -claim.most,
    }[by];
    const ranks = new Map(all.map((claim) => [claim, rank(claim)]));
    order = [...all].sort((a, b) => (ranks.get(a) > ranks.get(b)) - (ranks.get(a) < ranks.get(b)));
    inOrder.hidden = by === "text";
    for (const claim of order) {
      if (claim.card) (by === "text" ? claim.home : inOrder).append(claim.card);
    }
    filter();
  }
  for (const claim of all) if (claim.card) claim.home = claim.card.parentElement;

  // Going from finding to finding; while searching, from one claim found to the next.

  function stops() {
    return order.filter((claim) => claim.on && (query || claim.finding));
  }

  function go(by) {
    const list = stops();
    if (!list.length) {
      announce("No findings are shown");
      return;
    }
    let at = list.indexOf(current);
    if (at >= 0) {
      at = (at + by + list.length) % list.length;
    } else if (!current) {
      at = by > 0 ? 0 : list.length - 1;
    } else {
      // From a claim that is none of them, to the nearest that is.
      const here = order.indexOf(current);
      const next = list.findIndex((claim) => order.indexOf(claim) > here);
      at = by > 0 ? Math.max(next, 0) : (next < 0 ? list.length : next + list.length) - 1;
      at %= list.length;
    }
    choose(list[at], { focus: true });
  }

  function step() {
    const list = stops();
    const at = list.indexOf(current);
    find("#step").textContent = list.length ? `${at < 0 ? "–" : at + 1} / ${list.length}` : "none";
  }

  // Light and dark

  function stored(key, value) {
    try {
      if (value === undefined) return localStorage.getItem(key);
      localStorage.setItem(key, value);
    } catch {
      // Kept for as long as the page is open.
    }
    return null;
  }

  function toggleTheme() {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    stored("theme", root.dataset.theme);
    announce(`${root.dataset.theme} colours`);
  }

  const theme = stored("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  keys.checked = stored("keys") !== "off";

  function toggleFilter(open = form.hidden) {
    form.hidden = !open;
    filterButton.setAttribute("aria-expanded", String(open));
    if (open) find("input", form).focus();
  }

  // What the reader does

  // Where texts scroll under a mouse at rest, browsers say that it is over something new.
  // Nothing is lit or put out then; what the mouse left that way is put out when it next moves.
  let mouse = "";
  let hovered = false;
  const where = (event) => `${event.screenX} ${event.screenY}`;
  const hover = (claim) => {
    hovered = Boolean(claim);
    light(claim);
  };
  const moved = (event) => {
    mouse = where(event);
    if (hovered && !Object.values(pane).some((side) => side.contains(event.target))) hover(null);
  };
  addEventListener("mousemove", moved, { passive: true });

  for (const side of Object.values(pane)) {
    side.addEventListener("mouseover", (event) => {
      if (where(event) !== mouse) hover(claimAt(event.target));
    });
    side.addEventListener("mouseleave", (event) => {
      if (where(event) !== mouse) hover(null);
    });
    side.addEventListener("focusin", (event) => light(claimAt(event.target)));
    side.addEventListener("focusout", () => light(null));
    side.addEventListener("scroll", redraw, { passive: true });
  }
  addEventListener("resize", redraw);
  wide.addEventListener("change", redraw);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      copy(claims.get(button.dataset.copy), button);
      return;
    }
    const link = event.target.closest('a[href^="#"]');
    const linked = link && claims.get(link.hash.slice(1));
    if (linked) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(linked, { focus: true });
      return;
    }
    const selection = getSelection();
    const claim = event.target.closest(".claim") && claimAt(event.target);
    if (claim && (selection.isCollapsed || !selection.containsNode(claim.node, true))) choose(claim);
  });

  closeDock.addEventListener("click", letGo);
  find("#next").addEventListener("click", () => go(1));
  find("#previous").addEventListener("click", () => go(-1));
  find("#theme").addEventListener("click", toggleTheme);
  find("#help-button").addEventListener("click", () => help.showModal());
  filterButton.addEventListener("click", () => toggleFilter());
  keys.addEventListener("change", () => stored("keys", keys.checked ? "on" : "off"));
  orderChoice.addEventListener("change", sort);
  form.addEventListener("input", () => filter());
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    search.value = "";
    setTimeout(() => announce(`${filter()} claims shown`));
  });

  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => announce(`${filter()} claims found`), 120);
  });
  search.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      clearTimeout(typing);
      filter();
      const [first] = stops();
      if (first) choose(first, { focus: true });
    } else if (event.key === "Escape") {
      event.preventDefault();
      search.value = "";
      filter();
      search.blur();
    }
  });

  const pressed = {
    j: () => go(1),
    k: () => go(-1),
    f: () => toggleFilter(),
    c: () => current && copy(current, find("#chosen .copy")),
    t: toggleTheme,
    "/": () => {
      search.focus();
      search.select();
    },
    "?": () => help.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    const field = event.target.closest?.("input, select, textarea");
    if (event.key === "Escape") {
      if (event.target === search) return;
      if (!form.hidden) {
        toggleFilter(false);
        filterButton.focus();
      } else letGo();
      return;
    }
    const types = field && !["checkbox", "range"].includes(field.type);
    const act = Object.hasOwn(pressed, event.key) ? pressed[event.key] : null;
    if (!act || types || !keys.checked) return;
    event.preventDefault();
    act();
  });

  // Permalinks

  function follow() {
    const claim = claims.get(decodeURIComponent(location.hash.slice(1)));
    if (claim) choose(claim, { focus: true, say: false, remember: false });
  }

  addEventListener("hashchange", follow);
  // The browser goes to the anchor by itself once all is there, as if there were no panes.
  addEventListener("load", () => {
    if (current) requestAnimationFrame(() => bringIntoView(current, true));
  });
  filter();
  follow();
})();
