/* The frame's script: theme, addresses and links, pictures to keep, when the page is ready, when the server is
   away. */
(() => {
  const root = document.documentElement;
  const wanted = FRAME.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const drawn = FRAME.theme || "light"; // the server draws light until it knows better
  root.dataset.theme = wanted;
  const remember = (theme) => {
    document.cookie = `${FRAME.cookie}=${theme}; path=/; max-age=31536000; samesite=strict`;
  };
  remember(wanted);

  /* Figures carry their colours as tags `paint:<property>=<token>[,<token>…]`. */
  const repaint = () => {
    const style = getComputedStyle(root);
    const colour = (token) => style.getPropertyValue(`--${token}`).trim();
    for (const doc of window.Bokeh?.documents ?? []) {
      for (const model of doc.all_models) {
        for (const tag of model.tags ?? []) {
          const found = typeof tag === "string" && tag.match(/^paint:(\w+)=(.+)$/);
          if (!found) continue;
          const colours = found[2].split(",").filter(Boolean).map(colour);
          const property = model.properties[found[1]];
          const old = property.get_value();
          const value = Array.isArray(old) ? colours : old?.value !== undefined ? {...old, value: colours[0]} : colours[0];
          model.setv({[found[1]]: value}, {sync: false}); // the server keeps what it drew: colours are the browser's
        }
      }
    }
  };
  window.FRAME.setTheme = (theme) => {
    root.dataset.theme = theme;
    remember(theme);
    repaint();
  };

  /* The address: links within the page go to the server without loading the page anew, and so do back and
     forward. What the server makes of it stands in the address afterwards. */
  const tagged = (tag) => {
    for (const doc of window.Bokeh?.documents ?? []) {
      for (const model of doc.all_models) if (model.tags?.includes(tag)) return model;
    }
  };
  window.FRAME.go = (search) => { const address = tagged("address"); if (address) address.value = search; };
  window.FRAME.brush = (from, to) => {
    /* the months whose first day was dragged over; one alone is that month */
    const first = new Date(Math.min(from, to)), last = new Date(Math.max(from, to));
    if (first.getUTCDate() > 1) first.setUTCMonth(first.getUTCMonth() + 1, 1);
    const [start, end] = [first, last].map((day) => day.toISOString().slice(0, 7));
    if (start > end) return;
    const search = new URLSearchParams(location.search);
    search.set("period", start === end ? start : `${start}..${end}`);
    window.FRAME.go(`?${search}`);
  };
  const followAddress = () => {
    const address = tagged("address");
    if (!address) return;
    const show = () => {
      if (!address.value || address.value === location.search) return;
      const said = [location.search, address.value].map(decodeURIComponent);
      const complete = new URLSearchParams(location.search).has("period");
      history[complete && said[0] !== said[1] ? "pushState" : "replaceState"](null, "", address.value);
    };
    address.properties.value.change.connect(show);
    show();
    window.addEventListener("popstate", () => window.FRAME.go(location.search || "?"));
  };
  document.addEventListener("click", (event) => {
    const path = event.composedPath().filter((one) => one instanceof Element);
    const found = path.find((one) => one.matches("a[href^='?'], [data-picture], [data-print], [data-copy]"));
    const menu = path.find((one) => one.matches("details.menu"));
    if (menu) menus.add(menu);
    closeMenus(path.some((one) => one.matches("a, button")) ? undefined : menu);
    if (found?.dataset.print !== undefined) window.print();
    else if (found?.dataset.copy !== undefined) copy(found);
    else if (found?.dataset.picture) keepPicture(found.dataset.chart, found.dataset.picture);
    else if (found && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      window.FRAME.go(found.getAttribute("href"));
    }
  });

  /* A button that copies the text beside it and says so for a moment; a browser that forbids it gets the text
     selected. */
  const copy = async (button) => {
    const source = button.parentElement.querySelector(button.dataset.copy);
    const said = await navigator.clipboard.writeText(source.textContent).then(() => "Copied", () => {
      getSelection().selectAllChildren(source);
      return "Selected";
    });
    button.textContent = said;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };

  /* Menus are details elements; one is open at a time. Escape closes it, or what lies open beside the page. */
  const menus = new Set();
  const closeMenus = (kept) => {
    for (const menu of [...menus]) {
      if (menu === kept) continue;
      menu.open = false;
      menus.delete(menu);
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const search = new URLSearchParams(location.search);
    if ([...menus].some((menu) => menu.open)) closeMenus();
    else if (search.has("open")) {
      search.delete("open");
      window.FRAME.go(`?${search}`);
    }
  });

  /* A field that narrows the rows below it. */
  document.addEventListener("input", (event) => {
    const field = event.composedPath()[0];
    if (!field.matches?.("[data-narrow]")) return;
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of field.getRootNode().querySelectorAll(field.dataset.narrow)) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });

  /* A picture to keep: the chart under its title and what it is about, as PNG or SVG. */
  const keepPicture = async (name, kind) => {
    let figure;
    for (const doc of window.Bokeh.documents) figure ??= [...doc.all_models].find((model) => model.name === name);
    const view = figure && window.Bokeh.index.find_one(figure);
    if (!view) return;
    let head, place = view.el;
    while (!head && (place = place.getRootNode().host ?? place.parentElement)) {
      head = [...place.shadowRoot?.children ?? []].map((one) => one.shadowRoot?.querySelector("h2")).find(Boolean);
    }
    const [title, about] = [head?.textContent ?? name, head?.closest("header")?.querySelector("p")?.textContent ?? ""];
    const style = getComputedStyle(root);
    const [card, ink, ink2] = ["card", "ink", "ink-2"].map((token) => style.getPropertyValue(`--${token}`).trim());
    const layer = view.export(kind, true);
    const blob = await layer.to_blob();
    const [width, height] = [view.bbox.width, view.bbox.height];
    let made;
    if (kind === "svg") {
      const inner = (await blob.text()).replace(/^<\?xml[^>]*>/, "");
      const escape = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
      const line = (y, size, weight, colour, text) =>
        `<text x="16" y="${y}" font-family="Inter, sans-serif" font-size="${size}" font-weight="${weight}" fill="${colour}">${escape(text)}</text>`;
      made = new Blob([`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + 60}">` +
        `<rect width="100%" height="100%" fill="${card}"/>${line(26, 15, 600, ink, title)}${line(45, 12, 400, ink2, about)}` +
        `<g transform="translate(0 60)">${inner}</g></svg>`], {type: "image/svg+xml"});
    } else {
      const image = await createImageBitmap(blob);
      const scale = image.width / width;
      const canvas = new OffscreenCanvas(image.width, image.height + 60 * scale);
      const pen = canvas.getContext("2d");
      pen.fillStyle = card;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 60 * scale);
      pen.scale(scale, scale);
      pen.fillStyle = ink;
      pen.font = "600 15px Inter, sans-serif";
      pen.fillText(title, 16, 26);
      pen.fillStyle = ink2;
      pen.font = "12px Inter, sans-serif";
      pen.fillText(about, 16, 45);
      made = await canvas.convertToBlob({type: "image/png"});
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(made);
    link.download = `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  /* A lost connection: say so, and load the same address again as soon as the server answers. */
  const awaitServer = () => {
    document.querySelector(".lost").hidden = false;
    setInterval(() => fetch(location.href, {method: "HEAD"}).then(() => location.reload(), () => {}), 2000);
  };

  /* The bank's name comes with the first snapshot, in the title; the navigation shows it too. */
  const setTitle = (title) => {
    document.title = title;
    document.querySelector(".brand span").textContent = title.split(FRAME.separator).pop();
  };

  document.fonts?.load("12px Inter");
  const ready = () => {
    const docs = window.Bokeh?.documents ?? [];
    if (docs.length && docs.every((doc) => doc.roots().length && doc.is_idle)) {
      if (wanted !== drawn) repaint();
      docs.forEach((doc) => {
        doc.on_event("connection_lost", awaitServer);
        doc.on_change((event) => { if (event.kind === "TitleChanged") setTitle(event.title); });
        setTitle(doc.title());
      });
      followAddress();
      document.body.classList.add("ready");
      window.dispatchEvent(new Event("resize"));
    } else {
      setTimeout(ready, 40);
    }
  };

  /* Once: a module loader that Panel brings along announces the event a second time. */
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      window.FRAME.setTheme(root.dataset.theme === "dark" ? "light" : "dark");
    });
    const guide = document.querySelector(".guide");
    const guided = `${FRAME.cookie}_guided`;
    const show = (shown) => {
      guide.hidden = !shown;
      if (!shown) localStorage.setItem(guided, "yes");
    };
    if (guide) {
      show(localStorage.getItem(guided) !== "yes");
      guide.querySelector("button").addEventListener("click", () => show(false));
      document.getElementById("help").addEventListener("click", () => show(guide.hidden));
    }
    for (const link of document.querySelectorAll("nav a")) {
      link.addEventListener("click", () => {
        const search = new URLSearchParams(location.search);
        for (const name of [...search.keys()]) if (name === "open" || name.startsWith("by.")) search.delete(name);
        link.search = search;
      });
    }
    if (document.querySelector(".body")) ready();
  }, {once: true});
})();
