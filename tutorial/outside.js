// A link that leaves the book leads to the repository.
for (const link of document.querySelectorAll('a[href^="../"]')) {
    const path = link.getAttribute("href").slice(3).replace(/\.html$/, ".md");
    link.href = "https://github.com/unplugged-rs/unplugged/blob/main/" + path;
}
