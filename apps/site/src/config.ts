import GithubSlugger from "github-slugger";
import type { DefaultTheme, UserConfig } from "vitepress";
import { checkAnchors, collectAnchors } from "./anchors.js";
import { apiModules } from "./api.js";
import { base } from "./base.js";
import { type Chapter, type Entry, readContents } from "./contents.js";
import { type Page, pagesOf, repository } from "./pages.js";

const github = "https://github.com/streamll/streamll-js";

export const config: UserConfig<DefaultTheme.Config> = {
  title: "streamll",
  description: "Delivers the events of TypeScript programs that use language models to a message broker.",
  lang: "en",
  base,
  srcDir: ".pages",
  outDir: "dist",
  cacheDir: ".cache",
  cleanUrls: true,
  head: [["link", { rel: "icon", href: "data:," }]],
  lastUpdated: false,
  // Links to one's own machine are commands' addresses.
  ignoreDeadLinks: "localhostLinks",
  markdown: {
    // Links to headings work on GitHub too.
    anchor: { slugify: (title) => new GithubSlugger().slug(title) },
    image: { lazyLoading: true },
  },
  transformHtml: (html, _id, { page }) => collectAnchors(page, html),
  buildEnd: () => checkAnchors(),
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/getting-started" },
      { text: "Options", link: "/options" },
      { text: "API", link: "/api/core" },
      { text: "Benchmarks", link: "/benchmarks" },
    ],
    sidebar: sidebar(readContents(repository), pagesOf(repository)),
    socialLinks: [{ icon: "github", link: github }],
    footer: { message: "Apache-2.0" },
  },
};

function sidebar(chapters: readonly Chapter[], pages: readonly Page[]): DefaultTheme.SidebarItem[] {
  const paths = new Map(pages.map(({ source, path }) => [source, `/${path.replace(/(index)?\.md$/, "")}`]));
  const item = ({ title, source, entries }: Entry): DefaultTheme.SidebarItem => ({
    text: title,
    link: paths.get(source)!,
    ...(entries.length > 0 && { items: entries.map(item), collapsed: true }),
  });
  return [
    ...chapters.map(({ title, entries }, index) => ({
      text: title,
      items: entries.map(item),
      collapsed: index > 0,
    })),
    {
      text: "API",
      items: apiModules.map(({ name, path }) => ({ text: name, link: `/api/${path}` })),
      collapsed: true,
    },
  ];
}
