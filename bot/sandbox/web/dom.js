// Makes elements. Text is always set as text, never as HTML: what the bot says cannot become markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

let counter = 0;
export function uniqueId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

// Keeps nodes that did not change, so that focus, open menus and the scroll position stay where they are.
export function reconcile(parent, items, keyOf, draw) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const version = JSON.stringify(item);
    const former = known.get(key);
    if (former && former.dataset.version === version) return former;
    const node = draw(item, former);
    node.dataset.key = key;
    node.dataset.version = version;
    return node;
  });
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] || null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
}
