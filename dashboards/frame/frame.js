/* The frame's script: theme, links that keep the filters, when the page is ready, when the server is away. */
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
          const colours = found[2].split(",").map(colour);
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
    for (const link of document.querySelectorAll("nav a")) {
      link.addEventListener("click", () => { link.search = location.search; });
    }
    if (document.querySelector(".body")) ready();
  }, {once: true});
})();
