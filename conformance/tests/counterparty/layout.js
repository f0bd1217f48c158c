// What a person could not read: asked of a page that is `width` pixels wide. Answers with a list.
(width => {
  const problems = [];
  const name = node => node.tagName.toLowerCase() + (node.id ? "#" + node.id : "") + (node.className ? "." + node.className : "");
  const page = document.documentElement;
  if (page.scrollWidth > width) problems.push("scrolls sideways: " + page.scrollWidth + " pixels");

  const color = text => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => [r, g, b].map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = node => {
    for (let one = node; one; one = one.parentElement) {
      const found = color(getComputedStyle(one).backgroundColor);
      if (found.a === 1) return found;
    }
    return color("rgb(255, 255, 255)");
  };
  const block = node => {
    let one = node;
    while (getComputedStyle(one).display.startsWith("inline") && one.parentElement) one = one.parentElement;
    return one;
  };

  for (const node of document.body.querySelectorAll("*")) {
    if (!node.checkVisibility() || ["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    const box = node.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const style = getComputedStyle(node);
    if (box.right > width + 1 || box.left < -1) problems.push(name(node) + " reaches " + Math.round(box.right));
    if (node.clientWidth > 0 && style.overflowX !== "visible" && node.scrollWidth > node.clientWidth + 1)
      problems.push(name(node) + " cuts its width");
    if (node.clientHeight > 0 && ["hidden", "clip"].includes(style.overflowY) && node.scrollHeight > node.clientHeight + 1)
      problems.push(name(node) + " cuts its height");

    const texts = [...node.childNodes].filter(child => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (texts.length === 0) continue;
    const range = document.createRange();
    const around = block(node).getBoundingClientRect();
    for (const text of texts) {
      range.selectNodeContents(text);
      const drawn = range.getBoundingClientRect();
      if (drawn.right > around.right + 1 || drawn.left < around.left - 1) problems.push(name(node) + " runs out of its box");
    }
    const [text, ground] = [luminance(color(style.color)), luminance(behind(node))];
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (contrast < 4.5) problems.push(name(node) + " has a contrast of " + contrast.toFixed(2));
  }
  return problems;
})
