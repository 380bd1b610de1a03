// Marks the link of the section that is on the screen.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      for (const link of links.values()) link.removeAttribute("aria-current");
      const link = links.get(entry.target.id);
      link.setAttribute("aria-current", "true");
      link.parentElement.parentElement.scrollTo({ left: link.offsetLeft - 80 });
    }
  },
  { rootMargin: "-15% 0px -80% 0px" },
);
for (const id of links.keys()) seen.observe(document.getElementById(id));
