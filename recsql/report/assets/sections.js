// Sections that open and close; on a phone all but the first start closed.
const sections = [...document.querySelectorAll("details.part")];
const isPhone = matchMedia("(max-width: 40rem)").matches;
if (isPhone) for (const part of sections.slice(1)) part.open = false;

// What the address points at is to be seen, also within a closed section.
function reveal(id) {
  const target = document.getElementById(id);
  const part = target?.querySelector("details.part") ?? target?.closest("details.part");
  if (part) part.open = true;
  return target;
}
reveal(location.hash.slice(1));
addEventListener("hashchange", () => reveal(location.hash.slice(1))?.scrollIntoView());
for (const link of document.querySelectorAll("a[href^='#']")) {
  link.addEventListener("click", () => reveal(link.hash.slice(1)));
}

let closed = [];
addEventListener("beforeprint", () => {
  closed = sections.filter((part) => !part.open);
  for (const part of closed) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of closed) part.open = false;
});
